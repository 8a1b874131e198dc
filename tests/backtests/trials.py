"""A small branch with a published night, and the ways to try a kind on it."""

import datetime as dt

from customers.models import Branch, Run, Staff
from cvm.backtests import actions, tasks
from cvm.night.parcel import unpack
from lifecycle.models import MomentKind
from tests.night.branches import AS_OF, make_branch

MONTH = dt.date(2026, 8, 1)
ON = ("A2", "C1", "C4")
NOW = dt.datetime(2026, 9, 10, 4, 0, tzinfo=dt.UTC)


def branch_with_a_night(*, months=11, customers=200):
    """Return the published night of a new branch, spent by nobody: a back-test reads its day and its bills only.

    Three kinds are on: every kind more is played over a year in each bucket.
    """
    make_branch(months=months, customers=customers)
    MomentKind.objects.exclude(code__in=ON).update(is_enabled=False)
    return Run.objects.create(
        as_of=AS_OF,
        month=MONTH,
        status=Run.Status.PUBLISHED,
        stage="done",
        is_current=True,
        started_at=NOW,
        finished_at=NOW,
        plan={"last_customer": customers, "notes_states": True, "moments": []},
        customers=customers,
        buckets=-(-customers // 64),
    )


def person(role, *, name="", branch=None):
    """Make somebody of a role, at the top of the branch unless told otherwise."""
    at = branch or Branch.objects.get(parent=None)
    return Staff.objects.create(username=name or role, role=role, branch=at, display_name=name or role)


def terms(code, **changes):
    """Return a kind's terms in force, with these thresholds, or terms beside them, changed."""
    values = actions.values_of(actions.row_of(MomentKind.objects.get(code=code)))
    beside = {name: changes.pop(name) for name in tuple(changes) if name in values}
    return values | {"thresholds": values["thresholds"] | changes} | beside


def ask(code, *, by, at=NOW, **changes):
    """Ask for a back-test of a kind; nothing is done yet."""
    kind = MomentKind.objects.get(code=code)
    return actions.ask(kind, draft=terms(code, **changes), by=by, at=at)[0]


def done(test):
    """Do all the work of a back-test here and now, as the worker would, and return it."""
    for number in range(test.buckets):
        tasks.bucket(test.pk, number)
    test.refresh_from_db()
    return test


def sums(test):
    """Return the result as plain lists."""
    return {name: values.tolist() for name, values in unpack(test.result).items()}
