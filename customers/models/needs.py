"""What customers need: collected, analysed, applied as a tag (DOMAIN S-100 to S-103); surveys that ask for it."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.models.organisation import Staff


class Tag(models.Model):
    """A mark of a need that channels and rules act on; `bit` is its place in the frame column `tags`."""

    code = models.CharField(_("code"), max_length=32)
    name_zh = models.CharField(_("Chinese name"), max_length=64)
    name_en = models.CharField(_("English name"), max_length=64)
    meaning = models.CharField(_("meaning"), max_length=200, blank=True)
    owner = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner"))
    bit = models.SmallIntegerField(_("bit"))
    lasts_days = models.IntegerField(_("lasts days"), default=180)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="tag_code_unique",
                violation_error_message=_("Another tag already has this code."),
            ),
            models.UniqueConstraint(fields=["bit"], name="tag_bit_unique"),
            models.CheckConstraint(
                condition=models.Q(bit__gte=0, bit__lte=62),
                name="tag_bit_in_range",
                violation_error_message=_("There is room for 63 tags."),
            ),
            models.CheckConstraint(
                condition=models.Q(lasts_days__gte=1),
                name="tag_lasts_a_day",
                violation_error_message=_("A tag lasts at least one day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_zh


class CustomerTagQuerySet(models.QuerySet["CustomerTag"]):
    def in_force(self, on: dt.date) -> CustomerTagQuerySet:
        """Return the tags that hold on this day."""
        return self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=on), starts_on__lte=on)


class CustomerTag(models.Model):
    """A tag on one customer, with who put it there, why, and until when (last day included)."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="tags")
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="customers")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=32)
    set_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    objects = CustomerTagQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer's tag")
        verbose_name_plural = _("customers' tags")
        constraints = [
            models.UniqueConstraint(fields=["customer", "tag"], name="customer_tag_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="customer_tag_ends_after_start",
                violation_error_message=_("A tag cannot end before it starts."),
            ),
        ]


class NeedKind(models.Model):
    """A kind of need, and the tag that applying it puts on the customer."""

    code = models.CharField(_("code"), max_length=32)
    name_zh = models.CharField(_("Chinese name"), max_length=64)
    name_en = models.CharField(_("English name"), max_length=64)
    tag = models.ForeignKey(Tag, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tag"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("kind of need")
        verbose_name_plural = _("kinds of need")
        constraints = [models.UniqueConstraint(fields=["code"], name="need_kind_code_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_zh


class Need(models.Model):
    """One need of one customer on its way through the loop: collected, analysed, applied (or dropped)."""

    class Source(models.TextChoices):
        FRONT_LINE = "front_line", _("Front line")
        SURVEY = "survey", _("Survey")
        DATA = "data", _("Data")

    class Status(models.TextChoices):
        COLLECTED = "collected", _("Collected")
        ANALYSED = "analysed", _("Analysed")
        APPLIED = "applied", _("Applied")
        DROPPED = "dropped", _("Dropped")

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="needs")
    kind = models.ForeignKey(NeedKind, models.PROTECT, related_name="needs")
    source = models.CharField(_("source"), max_length=12, choices=Source.choices)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.COLLECTED)
    words = models.CharField(_("in the customer's words"), max_length=200, blank=True)
    is_suggested = models.BooleanField(_("suggested by data"), default=False)
    collected_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    collected_at = models.DateTimeField(_("collected at"))
    analysed_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    analysed_at = models.DateTimeField(_("analysed at"), null=True, blank=True)
    closed_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    conclusion = models.CharField(_("conclusion"), max_length=200, blank=True)
    source_key = models.CharField(max_length=96, blank=True)

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        constraints = [
            models.UniqueConstraint(
                fields=["source_key"], condition=~models.Q(source_key=""), name="need_source_key_unique"
            ),
            # One open need of a kind per customer: saying it again is not a second need.
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(status__in=("collected", "analysed")),
                name="need_open_once",
            ),
        ]
        indexes = [
            # needs per kind and step, for the page of needs
            models.Index(fields=["kind", "status"], name="need_by_kind_status"),
        ]


class SurveyForm(models.Model):
    """A short questionnaire for use inside a contact; published ones never change, a new version is a new row."""

    code = models.CharField(_("code"), max_length=32)
    version = models.IntegerField(_("version"), default=1)
    name_zh = models.CharField(_("Chinese name"), max_length=64)
    name_en = models.CharField(_("English name"), max_length=64)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("survey form")
        verbose_name_plural = _("survey forms")
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="survey_form_version_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_zh


class SurveyQuestion(models.Model):
    """One question; a chosen answer may say a need (`NeedKind`) or a profile field (`field`)."""

    class Answer(models.TextChoices):
        CHOICE = "choice", _("One of several")
        SCALE = "scale", _("1 to 5")
        TEXT = "text", _("Free text")

    form = models.ForeignKey(SurveyForm, models.CASCADE, related_name="questions")
    position = models.SmallIntegerField(_("position"))
    code = models.CharField(_("code"), max_length=32)
    text_zh = models.CharField(_("Chinese text"), max_length=200)
    text_en = models.CharField(_("English text"), max_length=200)
    answer = models.CharField(_("answer"), max_length=8, choices=Answer.choices)
    choices = models.JSONField(
        _("choices"), default=list, help_text=_("For one of several: value, Chinese, English, need, loyalty.")
    )

    class Meta:
        verbose_name = _("survey question")
        verbose_name_plural = _("survey questions")
        constraints = [
            models.UniqueConstraint(fields=["form", "code"], name="survey_question_code_unique"),
            models.UniqueConstraint(fields=["form", "position"], name="survey_question_position_unique"),
        ]

    @property
    def text(self) -> str:
        return self.text_en if get_language() == "en" else self.text_zh


class SurveyAnswer(models.Model):
    """What a customer answered to one question, once per survey taken (`taken_at`)."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="survey_answers")
    question = models.ForeignKey(SurveyQuestion, models.PROTECT, related_name="answers")
    value = models.CharField(_("answer"), max_length=200)
    taken_at = models.DateTimeField(_("taken at"))
    taken_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    source_key = models.CharField(max_length=96, blank=True)

    class Meta:
        verbose_name = _("survey answer")
        verbose_name_plural = _("survey answers")
        constraints = [
            models.UniqueConstraint(fields=["customer", "question", "taken_at"], name="survey_answer_once"),
            models.UniqueConstraint(
                fields=["source_key"], condition=~models.Q(source_key=""), name="survey_answer_source_key_unique"
            ),
        ]
