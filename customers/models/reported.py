"""Figures no extract of ours brings: somebody reports them for a month, with where they are from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.organisation import Branch, Staff


class ReportedFigure(models.Model):
    """One figure of a month as last reported, of a county or of the whole branch; what it was before is in the audit."""

    class Kind(models.IntegerChoices):
        ACQUISITION_COST = 1, _("Cost of winning customers, yuan")
        MARKET = 2, _("Mobile customers of all operators")
        TARGET_MARKET = 3, _("Mid/high-end customers of all operators")

    kind = models.SmallIntegerField(_("figure"), choices=Kind.choices)
    month = models.DateField(_("month"), help_text=_("First day of the month."))
    county = models.ForeignKey(
        Branch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("county")
    )
    value = models.BigIntegerField(_("value"), help_text=_("Money in fen, else customers."))
    source = models.CharField(_("source"), max_length=120)
    reported_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("reported by"))
    reported_at = models.DateTimeField(_("reported at"))

    class Meta:
        verbose_name = _("reported figure")
        verbose_name_plural = _("reported figures")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "month", "county"],
                nulls_distinct=False,
                name="reported_figure_once",
                violation_error_message=_("This figure has been reported already."),
            ),
            models.CheckConstraint(
                condition=models.Q(value__gt=0),
                name="reported_figure_positive",
                violation_error_message=_("A reported figure is above nothing."),
            ),
            models.CheckConstraint(
                condition=models.Q(month__day=1),
                name="reported_figure_first_of_month",
                violation_error_message=_("A month is named by its first day."),
            ),
        ]
