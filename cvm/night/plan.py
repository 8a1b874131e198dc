"""Everything a bucket needs to know, fixed when the run opens: a policy published meanwhile waits a night."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.db.models import Max, Min, Model

from callcenter.kinds import arbitration_rows
from callcenter.models import PhoneManager
from customers import noting
from customers.frames import HISTORY_MONTHS
from customers.models import Branch, HistoryBlock, Run
from cvm.lib.months import month_of
from cvm.night import older, partition
from cvm.night.errors import PolicyMissing
from lifecycle.models import StagePolicy
from lifecycle.policies import moment_rows, stage_thresholds
from offers.eligible import Economics
from offers.queries import load_catalogue
from retention.models import ContactPolicy, WarningPolicy
from retention.policies import contact_terms_of, warning_terms_of
from segmentation.actions import Ladder
from segmentation.cohort import CohortTerms
from segmentation.models import Cohort, TierPolicy
from segmentation.policies import cohort_terms, from_row

MOMENT_MEMORY = dt.timedelta(days=400)  # longer than any cool-down


def fix_plan(*, as_of: dt.date, month: dt.date) -> dict[str, Any]:
    """Return the plan as plain JSON values; raises PolicyMissing. Needs a transaction (may open a cohort year)."""
    tier = _live(TierPolicy, status=TierPolicy.Status.LIVE)
    stage, warning = _live(StagePolicy, status=StagePolicy.Status.LIVE), _live(WarningPolicy, is_live=True)
    terms = cohort_terms(month.year)
    cohort = Cohort.objects.get(year=month.year)
    months = history_months(month)
    return {
        "versions": {"tier": tier.version, "stage": stage.version, "warning": warning.version, "cohort": cohort.year},
        "tier": asdict(from_row(tier)),
        "stickiness": asdict(Ladder.of(tier).stickiness),
        "stage": asdict(stage_thresholds(stage)),
        "warning": asdict(warning_terms_of(warning)),
        "contact": asdict(contact_terms_of(_live(ContactPolicy, is_live=True))),
        "cohort": asdict(terms) | {"frozen_through": frozen_through(cohort)},
        "cohort_id": cohort.pk,
        "ledger_months": ledger_months(terms, month=month_of(month), history_months=months),
        "older": older.plans(month),
        "moments": moment_rows(),
        "catalogue": asdict(load_catalogue()),
        "economics": asdict(Economics()),
        "arbitration": arbitration_rows(),
        "counties": sorted(Branch.objects.filter(kind=Branch.Kind.COUNTY).values_list("pk", flat=True)),
        "capacity": capacities(),
        "previous_run": previous_run(as_of),
        "moment_runs": moment_runs(as_of),
        "history_months": months,
        "notes_states": True,  # from this night on changes of state are kept (night/changes.py)
        "notes_version": noting.VERSION,  # and what is kept only as it is now (customers/noting.py)
    }


def frozen_through(cohort: Cohort) -> int:
    """Return the newest month (ordinal) a published run has closed for this cohort, 0 before the first."""
    published = Run.objects.filter(status=Run.Status.PUBLISHED, plan__cohort_id=cohort.pk)
    newest = published.aggregate(newest=Max("month"))["newest"]
    return month_of(newest) if newest else 0


def previous_run(as_of: dt.date) -> int | None:
    """Return the last published run of an earlier day whose standings are still kept."""
    earlier = Run.objects.filter(status=Run.Status.PUBLISHED, as_of__lt=as_of, pk__in=partition.kept_runs())
    return earlier.order_by("-as_of", "-pk").values_list("pk", flat=True).first()


def moment_runs(as_of: dt.date) -> list[int]:
    """Return the published runs of earlier days whose moments may still stand."""
    recent = Run.objects.filter(status=Run.Status.PUBLISHED, as_of__lt=as_of, as_of__gte=as_of - MOMENT_MEMORY)
    return sorted(recent.values_list("pk", flat=True))


def capacities() -> dict[str, int]:
    """Return calls a day per phone manager who is there and still employed (JSON keys are text)."""
    present = PhoneManager.objects.filter(is_absent=False, staff__is_active=True).order_by("staff_id")
    return {str(staff): calls for staff, calls in present.values_list("staff_id", "daily_capacity")}


def _live(policy: type[Model], **condition: Any) -> Any:
    found = policy._default_manager.filter(**condition).first()
    if found is None:
        raise PolicyMissing(policy=policy._meta.verbose_name)
    return found


def history_months(month: dt.date) -> int:
    """Return how many months of packed history end in this month, at most what a frame holds."""
    oldest = HistoryBlock.objects.aggregate(oldest=Min("month"))["oldest"]
    return min(HISTORY_MONTHS, month_of(month) - month_of(oldest) + 1)


def ledger_months(terms: CohortTerms, *, month: int, history_months: int) -> list[int]:
    """Return the months (ordinals) the books cover: from the base month, as far as the history reaches, to `month`."""
    return list(range(max(terms.base_month, month - history_months + 1), min(terms.last_month, month) + 1))
