"""The night's ledger (`Run`, `RunBucket`) and its verdicts (`Standing`, `Rollup`)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers import access
from customers.models.organisation import Staff


class RunQuerySet(models.QuerySet["Run"]):
    def published(self) -> Run | None:
        """Return the run every page reads, or None before the first night."""
        return self.filter(is_current=True).first()


class Run(models.Model):
    """One night over all customers. Readers only ever see the run with `is_current`."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        PUBLISHED = "published", _("Published")
        FAILED = "failed", _("Failed")

    as_of = models.DateField(_("as of"))
    month = models.DateField(_("newest bill month"), help_text=_("First day of the month."))
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.RUNNING)
    stage = models.CharField(_("stage"), max_length=32, default="open")
    is_current = models.BooleanField(_("current"), default=False)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    requested_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    policies = models.JSONField(_("policy versions"), default=dict)
    plan = models.JSONField(_("plan"), default=dict, help_text=_("Everything the buckets need: fixed at the start."))
    customers = models.IntegerField(_("customers"), default=0)
    buckets = models.IntegerField(_("buckets"), default=0)
    summary = models.JSONField(_("summary"), default=dict)
    error = models.TextField(_("error"), blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="running"),
                name="run_one_at_a_time",
                violation_error_message=_("A night is already running."),
            ),
            models.UniqueConstraint(
                fields=["is_current"],
                condition=models.Q(is_current=True),
                name="run_one_published",
                violation_error_message=_("Another run is already the published one."),
            ),
            models.CheckConstraint(
                condition=models.Q(is_current=False) | models.Q(status="published"),
                name="run_current_is_published",
                violation_error_message=_("Only a published run can be the current one."),
            ),
        ]


class RunBucket(models.Model):
    """One bucket of one run: done once, however often it is delivered."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")

    run = models.ForeignKey(Run, models.CASCADE, related_name="bucket_rows")
    bucket = models.IntegerField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    attempts = models.SmallIntegerField(default=0)
    customers = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    checksum = models.CharField(max_length=64, blank=True)
    timings = models.JSONField(default=dict)
    partial = models.BinaryField(default=bytes, help_text=_("Sums and candidates for the merge (cvm/night/parcel.py)."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "bucket"], name="run_bucket_once")]


class StandingQuerySet(models.QuerySet["Standing"]):
    def visible_to(self, user: Staff) -> StandingQuerySet:
        """Return the standings of the customers this person may see."""
        scope = access.scope_of(user)
        if scope.is_everything:
            return self
        if scope.manager_id is not None:
            return self.filter(manager_id=scope.manager_id)
        return self.filter(county_id__in=scope.county_ids)


class Standing(models.Model):
    """What one run says about one customer. List-partitioned by run: table `customers_standing_r<run id>`.

    All columns NOT NULL and of fixed width, so that COPY BINARY writes them from NumPy (cvm/lib/bulk.py).
    Columns stand in groups, one per app that fills them; rule and meaning live in that app.
    """

    pk = models.CompositePrimaryKey("run_id", "customer_id")
    run = models.ForeignKey(Run, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        "customers.Customer",
        models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    # customers
    county_id = models.IntegerField()
    hall_id = models.IntegerField()
    manager_id = models.IntegerField()
    state = models.SmallIntegerField()
    tenure_months = models.SmallIntegerField()
    arpu_fen = models.IntegerField()
    cum3_fen = models.BigIntegerField()
    previous_cum3_fen = models.BigIntegerField()
    sum12_fen = models.BigIntegerField()
    facets = models.BigIntegerField(default=0)  # packed: customers/facets.py
    marks = models.IntegerField(default=0)  # packed, for the next night to compare with: customers/marks.py
    # segmentation
    band = models.SmallIntegerField()
    previous_band = models.SmallIntegerField()
    code = models.SmallIntegerField()
    code_reason = models.SmallIntegerField()
    layer = models.SmallIntegerField()
    cohort_entry = models.IntegerField()
    cohort_state = models.SmallIntegerField()
    cohort_path = models.IntegerField(default=0)
    low_months = models.SmallIntegerField()
    # lifecycle
    stage = models.SmallIntegerField()
    stage_reason = models.SmallIntegerField()
    stage_since = models.IntegerField()
    stage_path = models.BigIntegerField(default=0)  # packed: lifecycle/paths.py
    stage_detail = models.SmallIntegerField(default=0)
    stage_months = models.SmallIntegerField(default=0)
    growth_bp = models.IntegerField()
    moments = models.IntegerField()
    # retention
    churn_ppm = models.IntegerField()
    score = models.SmallIntegerField()
    warning = models.SmallIntegerField()
    warning_day = models.IntegerField()
    reason_1 = models.SmallIntegerField()
    reason_2 = models.SmallIntegerField()
    reason_3 = models.SmallIntegerField()
    value_1 = models.IntegerField()
    value_2 = models.IntegerField()
    value_3 = models.IntegerField()
    # offers
    offer_id = models.IntegerField()
    # callcenter
    kept_fen = models.IntegerField()

    objects = StandingQuerySet.as_manager()

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        # Every partition gets its indexes after COPY (cvm/night/partition.py), not from here.


class StandingChange(models.Model):
    """One verdict of a run that differs from the run published before it; the timeline and the flows read these."""

    class Field(models.IntegerChoices):
        BAND = 1, _("Value band")
        CODE = 2, _("Customer code")
        LAYER = 3, _("Layer")
        STAGE = 4, _("Stage")
        WARNING = 5, _("Warning")
        COHORT = 6, _("Cohort")
        STATE = 7, _("State")  # also what a back-test knows about past days (customers/past.py)

    run = models.ForeignKey(Run, models.CASCADE, related_name="changes")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    field = models.SmallIntegerField(choices=Field.choices)
    before = models.SmallIntegerField()
    after = models.SmallIntegerField()

    class Meta:
        verbose_name = _("changed verdict")
        verbose_name_plural = _("changed verdicts")
        constraints = [
            # also the index by which the timeline reads one customer
            models.UniqueConstraint(fields=["customer", "run", "field"], name="standing_change_once"),
        ]


class DayNote(models.Model):
    """One column of a bucket as a night's frames held it, and what differed from the night before (customers/noting.py)."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    bucket = models.IntegerField(_("bucket"))
    column = models.CharField(_("column"), max_length=32)
    values = models.BinaryField(help_text=_("Packed; empty once no night compares with it."))
    before = models.BinaryField(help_text=_("Packed difference to the night before; empty where nothing differed."))

    class Meta:
        verbose_name = _("day note")
        verbose_name_plural = _("day notes")
        constraints = [
            # the night reads one run of a bucket, a back-test some columns of all runs
            models.UniqueConstraint(fields=["run", "bucket", "column"], name="day_note_once"),
        ]


class Rollup(models.Model):
    """Customers and revenue of one run per county, by one or two dimensions: every dashboard number."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="rollups")
    kind = models.CharField(max_length=24)
    county_id = models.IntegerField()
    row = models.IntegerField()
    column = models.IntegerField()
    customers = models.IntegerField()
    revenue_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "county_id", "row", "column"], name="rollup_cell_once")
        ]
