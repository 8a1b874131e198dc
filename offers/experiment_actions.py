"""What people, and every published night, do with tests of offers. One transaction each."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import IntegrityError, connection, transaction

from customers import audit
from customers.models import Run, Staff
from cvm.lib import bulk
from offers.assignment import PERMILLE, arms_of
from offers.models import Experiment, ExperimentArm, ExperimentMember, Offer

FEWEST_ARMS, MOST_ARMS = 2, 5
MEMBER: bulk.Columns = [
    ("experiment_id", "int8"),
    ("arm_id", "int8"),
    ("customer_id", "int4"),
    ("is_held", "bool"),
    ("base_cum3_fen", "int8"),
]


class SharesDoNotAdd(ValueError):
    """The shares of the arms do not sum to 1000 per mille."""


class ArmsWrong(ValueError):
    """A test has two to five arms, one of them without an offer, and no offer twice."""


class NobodyToTest(ValueError):
    """Nobody of the list can be a member."""


class AlreadyMoved(ValueError):
    """Somebody else has started, stopped or discarded the test meanwhile."""


class MemberElsewhere(ValueError):
    """One of the customers joined another test at this moment; try again."""


@dataclass(frozen=True)
class Share:
    """One arm as somebody wants it: the offer, or None for the control."""

    offer: Offer | None
    permille: int


@dataclass(frozen=True)
class Drawn:
    """Who can be a member of a test: main records, ascending, each with the three-month bill, and who is left out."""

    ids: Sequence[int]
    cum3_fen: Sequence[int]
    chosen: int
    left_out: Mapping[str, int]


@transaction.atomic
def draft(*, arms: Sequence[Share], by: Staff, at: dt.datetime, **words: object) -> Experiment:
    """Write a test down; `words` are its fields. Raises SharesDoNotAdd, ArmsWrong."""
    offers = [arm.offer and arm.offer.pk for arm in arms]
    if not FEWEST_ARMS <= len(arms) <= MOST_ARMS or None not in offers or len(set(offers)) != len(offers):
        raise ArmsWrong
    if sum(arm.permille for arm in arms) != PERMILLE:
        raise SharesDoNotAdd
    made = Experiment.objects.create(owner=by, created_at=at, salt=secrets.token_hex(16), **words)
    ExperimentArm.objects.bulk_create(
        ExperimentArm(experiment=made, position=number, offer=arm.offer, share_permille=arm.permille)
        for number, arm in enumerate(arms)
    )
    audit.record("experiment.draft", actor=by, at=at, subject=made, query=made.query)
    return made


@transaction.atomic
def discard(experiment: Experiment, *, by: Staff, at: dt.datetime) -> None:
    """Throw a draft away. Raises AlreadyMoved."""
    audit.record("experiment.discard", actor=by, at=at, subject=experiment)
    found = Experiment.objects.select_for_update().filter(pk=experiment.pk, status=Experiment.Status.DRAFT)
    if not found.exists():
        raise AlreadyMoved
    found.delete()


@transaction.atomic
def start(
    experiment: Experiment, drawn: Drawn, *, needed: int, run: Run, by: Staff, on: dt.date, at: dt.datetime
) -> None:
    """Freeze the members with their arms and let the test run from the next night on.

    Raises NobodyToTest, AlreadyMoved, MemberElsewhere.
    """
    if not len(drawn.ids):
        raise NobodyToTest
    moved = Experiment.objects.filter(pk=experiment.pk, status=Experiment.Status.DRAFT).update(
        status=Experiment.Status.RUNNING,
        run=run,
        started_at=at,
        started_by=by,
        started_on=on,
        last_day=on + dt.timedelta(days=experiment.days),
        chosen=drawn.chosen,
        left_out=dict(drawn.left_out),
        needed=needed,
    )
    if moved != 1:
        raise AlreadyMoved
    try:
        with transaction.atomic():
            _write_members(experiment, drawn)
    except IntegrityError as error:
        raise MemberElsewhere from error
    audit.record(
        "experiment.start", actor=by, at=at, subject=experiment, members=len(drawn.ids), left_out=dict(drawn.left_out)
    )


@transaction.atomic
def stop(experiment: Experiment, *, reason: str, by: Staff, at: dt.datetime) -> None:
    """End a test before its last day, with a reason: its members are free, its figures stand. Raises AlreadyMoved."""
    running = Experiment.objects.filter(pk=experiment.pk, status=Experiment.Status.RUNNING)
    if running.update(status=Experiment.Status.ENDED, ended_at=at, ended_by=by, stop_reason=reason) != 1:
        raise AlreadyMoved
    ExperimentMember.objects.filter(experiment=experiment).update(is_held=False)
    audit.record("experiment.stop", actor=by, at=at, subject=experiment, reason=reason)


def split(experiment: Experiment, ids: Sequence[int]) -> tuple[list[ExperimentArm], npt.NDArray[np.int64]]:
    """Return the arms of a test and the number of the one each of these main records is drawn into."""
    arms = list(experiment.arms.select_related("offer").order_by("position"))
    shares = [arm.share_permille for arm in arms]
    return arms, arms_of(np.asarray(ids, np.int64), salt=experiment.salt, shares=shares)


def _write_members(experiment: Experiment, drawn: Drawn) -> None:
    arms, numbers = split(experiment, drawn.ids)
    columns = {
        "experiment_id": np.full(len(numbers), experiment.pk),
        "arm_id": np.array([arm.pk for arm in arms])[numbers],
        "customer_id": np.asarray(drawn.ids),
        "is_held": np.ones(len(numbers), np.bool_),
        "base_cum3_fen": np.asarray(drawn.cum3_fen),
    }
    with connection.wrap_database_errors, connection.cursor() as cursor:
        bulk.write(cursor, ExperimentMember._meta.db_table, MEMBER, columns)


# What the published night says of every member of a running test: the record that counts speaks for a merged one.
TAKE_UP = """
update offers_experimentmember as member
set is_kept = coalesce(standing.band, 0) > 0,
    cum3_fen = coalesce(standing.cum3_fen, 0),
    offered_on = coalesce(member.offered_on, case when standing.offer_id = arm.offer_id then %(as_of)s::date end)
from offers_experimentarm as arm, customers_customer as customer
left join customers_standing as standing
  on standing.run_id = %(run)s and standing.customer_id = coalesce(customer.merged_into_id, customer.id)
where member.experiment_id = any(%(experiments)s) and arm.id = member.arm_id and customer.id = member.customer_id
"""


def take_up(run: Run, *, at: dt.datetime) -> None:
    """Read the members' outcomes from a run, and end the tests whose last day it covers. The caller owns the transaction.

    Done twice, it says the same. After its end a test keeps what this night said, whatever is corrected later.
    """
    running = Experiment.objects.filter(status=Experiment.Status.RUNNING, started_on__lte=run.as_of)
    known = list(running.order_by("pk").values_list("pk", "last_day"))
    if not known:
        return
    with connection.cursor() as cursor:
        cursor.execute(TAKE_UP, {"run": run.pk, "as_of": run.as_of, "experiments": [pk for pk, _day in known]})
    Experiment.objects.filter(pk__in=[pk for pk, _day in known]).update(measured_run=run)
    due = [pk for pk, day in known if day is not None and day <= run.as_of]
    Experiment.objects.filter(pk__in=due).update(status=Experiment.Status.ENDED, ended_at=at)
    ExperimentMember.objects.filter(experiment__in=due).update(is_held=False)
