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
        KEY_PERSONS = "key_persons", _("Key persons")
        NETWORK = "network", _("Network quality")
        SERVICE_LOGS = "service_logs", _("Service logs")
        SURVEYS = "surveys", _("Survey answers")
        CIRCLES = "circles", _("Calling circles")
        COHORTS = "cohorts", _("Cohort lists")
        USAGE = "usage", _("Use of the month so far")
        SUBSCRIPTIONS = "subscriptions", _("Value-added subscriptions")

    name = models.CharField(_("name"), max_length=64)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    spec = models.JSONField(_("mapping"), help_text=_("Columns, units, formats and defaults."))
    is_shipped = models.BooleanField(default=False, help_text=_("Comes with the product; changed only as a copy."))
    created_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(null=True, blank=True)

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
    """One file: rows read = accepted + rejected + identical duplicates; accepted = new + changed + unchanged.

    A file given by hand is uploaded, checked (a rehearsal, `preview`) and waits for a person's word; a file from a
    command or the inbox goes through the same steps at once.
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting for its mapping")
        CHECKING = "checking", _("Being checked")
        READY = "ready", _("Checked, waiting for confirmation")
        QUEUED = "queued", _("Waiting its turn")
        RUNNING = "running", _("Running")
        COMMITTED = "committed", _("Committed")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        UNDONE = "undone", _("Undone")

    class Source(models.TextChoices):
        COMMAND = "command", _("Command")
        UPLOAD = "upload", _("Upload page")
        INBOX = "inbox", _("Inbox folder")
        API = "api", _("API")

    kind = models.CharField(_("kind"), max_length=16, choices=MappingTemplate.Kind.choices, blank=True)
    template = models.ForeignKey(MappingTemplate, models.PROTECT, null=True, related_name="+")
    source = models.CharField(_("came by"), max_length=8, choices=Source.choices, default=Source.COMMAND)
    file_name = models.CharField(_("file"), max_length=255)
    spool_name = models.CharField(max_length=80, blank=True, help_text=_("Our own copy of the file, in the spool."))
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField(_("size"))
    encoding = models.CharField(_("encoding"), max_length=16, blank=True)
    month = models.DateField(_("month"), null=True, blank=True)
    revision = models.SmallIntegerField(_("revision"), default=1, help_text=_("Which file of its month this is."))
    fixes = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="fixed_by")
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.RUNNING)
    rows_read = models.IntegerField(_("rows read"), default=0)
    rows_accepted = models.IntegerField(_("accepted"), default=0)
    rows_rejected = models.IntegerField(_("rejected"), default=0)
    rows_duplicate = models.IntegerField(_("identical duplicates"), default=0)
    rows_new = models.IntegerField(_("new"), null=True, blank=True)
    rows_changed = models.IntegerField(_("changed"), null=True, blank=True)
    rows_unchanged = models.IntegerField(_("unchanged"), null=True, blank=True)
    has_money = models.BooleanField(default=True, help_text=_("Whether its kind has money to add up."))
    money_accepted_fen = models.BigIntegerField(_("money accepted"), default=0)
    money_rejected_fen = models.BigIntegerField(_("money rejected"), default=0)
    control = models.JSONField(_("control file"), default=dict, help_text=_("What the sender says: rows, money."))
    preview = models.JSONField(_("what the check found"), default=dict)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    created_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    idempotency_key = models.CharField(max_length=80, blank=True)
    is_cancel_asked = models.BooleanField(default=False)
    progress_permille = models.SmallIntegerField(default=0)
    progress_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    error_code = models.CharField(max_length=48, blank=True)
    error_detail = models.JSONField(
        default=dict, help_text=_("Values of the error, so that each reader gets it worded.")
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sha256", "month"],
                condition=models.Q(status="committed"),
                nulls_distinct=False,
                name="import_same_file_once",
                violation_error_message=_("This file has already been imported."),
            ),
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="import_key_once_per_client",
                violation_error_message=_("This idempotency key has already been used."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status="committed")
                | models.Q(
                    rows_read=models.F("rows_accepted") + models.F("rows_rejected") + models.F("rows_duplicate")
                ),
                name="import_rows_balance",
                violation_error_message=_("Rows read must equal accepted, rejected and duplicate rows together."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status="committed")
                | models.Q(rows_new__isnull=True)
                | models.Q(rows_accepted=models.F("rows_new") + models.F("rows_changed") + models.F("rows_unchanged")),
                name="import_accepted_balance",
                violation_error_message=_("Accepted rows must equal new, changed and unchanged rows together."),
            ),
        ]
        indexes = [
            # the page of imports, newest first
            models.Index(fields=["-started_at", "-id"], name="import_newest_first"),
        ]


class ImportReject(models.Model):
    """A row that was not taken: where, which column, what stood there, why."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rejects")
    sheet = models.CharField(_("sheet"), max_length=64, blank=True, db_default="")
    line = models.IntegerField(_("line"))
    column = models.CharField(_("column"), max_length=64)
    value = models.CharField(_("value"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=32)
    cells = models.JSONField(
        default=list, db_default=[], help_text=_("The whole row as it came, to be fixed and fed back.")
    )

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")


class ImportChange(models.Model):
    """What one batch did to one stored row, so that it can be undone until the next published run.

    Written by triggers while an import runs (customers/importing/journal.py). `before` holds the columns the batch
    changed, as they were; the whole row when the batch deleted it; None for rows the batch made, which are listed as
    ranges of ids. Bills of a month the batch itself opened are one range: they carry its `batch_id`.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="changes", db_constraint=False)
    step = models.IntegerField(default=0, help_text=_("Which statement of the import did it; undone backwards."))
    table = models.CharField(max_length=48)
    row_id = models.BigIntegerField()
    last_id = models.BigIntegerField(default=0, help_text=_("End of a range of rows made; else the row itself."))
    month = models.DateField(null=True)
    before = models.JSONField(null=True)

    class Meta:
        verbose_name = _("change by an import")
        verbose_name_plural = _("changes by imports")
        indexes = [
            # has a later batch touched the same rows?
            models.Index(fields=["table", "row_id", "month"], name="import_change_of_row"),
        ]
