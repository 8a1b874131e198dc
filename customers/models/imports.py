"""How files come in: mapping templates, batches with their receipt, rejected rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.organisation import Staff


class MappingTemplate(models.Model):
    """How one kind of file maps on our fields: data, not code (see customers/importing/)."""

    class Kind(models.TextChoices):
        PROFILE = "profile", _("Customer profiles")
        BILLS = "bills", _("Monthly bills and usage")
        BUNDLES = "bundles", _("Bundles")
        GROUPS = "groups", _("Group accounts")
        FAMILIES = "families", _("Family links")
        COMPLAINTS = "complaints", _("Complaints")
        EVENTS = "events", _("Porting queries and other events")
        CONTACTS = "contacts", _("Contact history")

    name = models.CharField(_("name"), max_length=64)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    spec = models.JSONField(_("mapping"), help_text=_("Columns, units, formats and defaults."))

    class Meta:
        verbose_name = _("mapping template")
        verbose_name_plural = _("mapping templates")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "kind"],
                name="mapping_template_name_unique",
                violation_error_message=_("A template of this kind already has this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ImportBatch(models.Model):
    """One file (and month): rows read = accepted + rejected + identical duplicates."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        COMMITTED = "committed", _("Committed")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("kind"), max_length=16, choices=MappingTemplate.Kind.choices)
    template = models.ForeignKey(MappingTemplate, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField(_("size"))
    encoding = models.CharField(_("encoding"), max_length=16, blank=True)
    month = models.DateField(_("month"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.RUNNING)
    rows_read = models.IntegerField(_("rows read"), default=0)
    rows_accepted = models.IntegerField(_("accepted"), default=0)
    rows_rejected = models.IntegerField(_("rejected"), default=0)
    rows_duplicate = models.IntegerField(_("identical duplicates"), default=0)
    money_accepted_fen = models.BigIntegerField(_("money accepted"), default=0)
    money_rejected_fen = models.BigIntegerField(_("money rejected"), default=0)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    created_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sha256"],
                condition=models.Q(status="committed"),
                name="import_same_file_once",
                violation_error_message=_("This file has already been imported."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status="committed")
                | models.Q(
                    rows_read=models.F("rows_accepted") + models.F("rows_rejected") + models.F("rows_duplicate")
                ),
                name="import_rows_balance",
                violation_error_message=_("Rows read must equal accepted, rejected and duplicate rows together."),
            ),
        ]


class ImportReject(models.Model):
    """A row that was not taken: where, which column, what stood there, why."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rejects")
    line = models.IntegerField(_("line"))
    column = models.CharField(_("column"), max_length=64)
    value = models.CharField(_("value"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=32)

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
