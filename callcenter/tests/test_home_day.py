"""One contact a household and day whoever has it: desk, account manager, hotline, hall; held against the gate."""

import contextlib
import datetime as dt
import random

import pytest
from django.db.models import Count

from callcenter import arrivals, claims, task_actions
from callcenter.actions import Result, save_result
from callcenter.call_lists import NobodyToCall, sorted_by_gate
from callcenter.claims import LeaseLost
from callcenter.home_day import Asker, HomeDay, days_of
from callcenter.models import Contact, Dispatch, QueueItem
from callcenter.task_actions import Closing, MayNotContact, NotOpen
from callcenter.tests.branch import NOW
from callcenter.tests.test_home_calls import DECIDER, MEMBER, arrival, home, listed, spoken
from callcenter.tests.test_task_actions import task_of
from callcenter.verdicts import home_verdicts, task_verdict, verdict_now
from customers.models import Consent, DoNotDisturb
from customers.tests.together import together

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
OPENS_TOMORROW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)


@pytest.fixture
def manager(branch):
    return branch.manager()


@pytest.fixture
def account(branch):
    return branch.staff("account", "account_manager")


def visit_of(customer, account, **values):
    known = {"channel": "visit", "owner_role": "account_manager", "owner_id": account.pk}
    return task_of(customer, "C4", 6, **known | values)


def close(task, by, at=NOW, **values):
    task_actions.close(task, Closing(**{"result": "accepted"} | values), by=by, at=at)


def test_visit_after_a_call_to_the_household_waits_for_tomorrow(branch, manager, account):
    member, other = home(branch, manager, MEMBER, MEMBER)
    task = visit_of(member, account)
    spoken(other)

    verdict = home_verdicts([task], at=NOW)[task.pk]

    assert (str(verdict.rule), verdict.next_allowed_at) == ("household", OPENS_TOMORROW)
    assert "14:00" in verdict.message
    for deed in (lambda: close(task, account), lambda: task_actions.hold(task, by=account, at=NOW)):
        with pytest.raises(MayNotContact, match="household"):
            deed()
    close(task, account, result="not_reached")
    assert Contact.objects.get(source_key=f"task:{task.pk}").outcome == "no_answer"


def test_customer_who_comes_to_us_is_served_at_once_and_counts(branch, manager, account):
    member, other, third = home(branch, manager, MEMBER, MEMBER, MEMBER)
    item = branch.item(third)
    spoken(other)

    close(visit_of(member, account), account, came_to_us=True)

    contact = Contact.objects.get(customer=member)
    assert (contact.channel, contact.is_outbound) == ("hall", False)
    Contact.objects.filter(customer=other).delete()
    assert claims.blocked_reason(item.pk, at=NOW) == "household"


@pytest.mark.parametrize(("code", "channel"), [("A8", "call"), ("B9", "in_contact")])
def test_service_and_talks_in_the_hall_never_wait(branch, manager, account, code, channel):
    member, other = home(branch, manager, MEMBER, MEMBER)
    task = task_of(member, code, 7, channel=channel, owner_role="hall")
    spoken(other)

    assert home_verdicts([task], at=NOW) == {}
    close(task, account)


def test_hold_keeps_the_desk_away_for_the_day_or_until_nobody_was_reached(branch, manager, account):
    member, other = home(branch, manager, MEMBER, DECIDER)
    branch.item(other)
    task = visit_of(member, account)

    task_actions.hold(task, by=account, at=NOW)

    task.refresh_from_db()
    assert (task.status, task.owner, task.holds_today(NOW), task.holds_today(NOW + 24 * HOUR)) == (
        "accepted",
        account,
        True,
        False,
    )
    assert task_verdict(task, at=NOW).allowed
    assert claims.claim(manager=manager, run=branch.run, at=NOW) is None
    assert QueueItem.objects.get(customer=other).status == "pending"
    close(task, account, result="not_reached")
    assert claims.claim(manager=manager, run=branch.run, at=NOW).customer_id == other.pk


def test_visit_of_who_held_the_day_is_recorded_whatever_came_in_meanwhile(branch, manager, account):
    member, other = home(branch, manager, MEMBER, MEMBER)
    task = visit_of(member, account)
    task_actions.hold(task, by=account, at=NOW)
    spoken(other, NOW + MINUTE, channel="hall", is_outbound=False)
    task.refresh_from_db()

    assert str(home_verdicts([task], at=NOW + 2 * MINUTE)[task.pk].rule) == "household"
    close(task, account, NOW + HOUR)
    assert Contact.objects.filter(customer=member, channel="visit", is_outbound=True).exists()


def test_task_waits_while_the_desk_has_somebody_of_the_household(branch, manager, account):
    member, other = home(branch, manager, MEMBER, DECIDER)
    branch.item(other)
    task = visit_of(member, account)
    claims.claim(manager=manager, run=branch.run, at=NOW)

    with pytest.raises(MayNotContact, match="home_taken") as stopped:
        task_actions.hold(task, by=account, at=NOW)

    assert stopped.value.verdict.next_allowed_at == NOW + claims.LEASE
    task_actions.hold(task, by=account, at=NOW + claims.LEASE)


def test_hold_is_of_one_person_and_of_what_goes_out(branch, manager, account):
    member, other = home(branch, manager, MEMBER, MEMBER)
    task, colleague = visit_of(member, account), branch.staff("colleague", "account_manager")
    task_actions.hold(task, by=account, at=NOW)

    with pytest.raises(NotOpen):
        task_actions.hold(task, by=colleague, at=NOW)
    with pytest.raises(MayNotContact, match="home_taken"):
        close(visit_of(other, colleague), colleague)
    alone = branch.customer(manager)
    with pytest.raises(NotOpen):
        task_actions.hold(task_of(alone, "B9", 8, channel="in_contact", owner_role="hall"), by=account, at=NOW)


def test_customer_without_a_family_is_a_household_of_one_with_merged_records(branch, manager, account):
    main = branch.customer(manager)
    alias = branch.customer(None, merged_into=main)
    branch.standing(main)
    item = branch.item(main)
    spoken(alias, staff=None)

    assert days_of([Asker(main.pk)], at=NOW) == {Asker(main.pk): HomeDay(NOW - HOUR)}
    assert claims.blocked_reason(item.pk, at=NOW) == "household"
    assert str(verdict_now(item, at=NOW).rule) == "household"


def test_who_is_in_hand_is_not_lost_when_a_relative_comes_in(branch, manager):
    member, other = home(branch, manager, MEMBER, MEMBER)
    branch.item(other)
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)
    spoken(member, NOW, channel="hall", is_outbound=False)

    assert claims.keep(token=lease.token, manager=manager, at=NOW + MINUTE)
    assert claims.held(token=lease.token, manager=manager, at=NOW + MINUTE)


def test_customer_nobody_reached_is_not_offered_again_before_the_pause_is_over(branch, manager):
    customer = branch.customer(manager)
    branch.standing(customer)
    item = branch.item(customer)
    spoken(customer, NOW - HOUR, outcome="no_answer")

    assert str(verdict_now(item, at=NOW).rule) == "not_reached"
    assert claims.claim(manager=manager, run=branch.run, at=NOW) is None
    assert claims.claim(manager=manager, run=branch.run, at=NOW + HOUR).item_id == item.pk


def test_desk_and_account_manager_never_take_one_household_in_the_same_instant(shared_branch):
    branch = shared_branch
    manager, account = branch.manager(), branch.staff("account", "account_manager")
    pairs = [home(branch, manager, MEMBER, MEMBER) for _ in range(3)]
    tasks = [visit_of(one, account) for one, _other in pairs]
    for _one, other in pairs:
        branch.item(other)
    taken = []

    def desk():
        while lease := claims.claim(manager=manager, run=branch.run, at=NOW):
            taken.append(QueueItem.objects.get(pk=lease.item_id).customer.family_id)

    def visits():
        for task in tasks:
            with contextlib.suppress(MayNotContact):
                task_actions.hold(task, by=account, at=NOW)
                taken.append(task.customer.family_id)

    together(desk, visits)

    assert sorted(taken) == sorted(one.family_id for one, _other in pairs)


DEEDS = ("event", "event", "service", "list", "claim", "claim", "save", "save", "task", "hold", "close", "hall", "refuse", "merge", "quiet")  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_no_second_contact_of_a_household_by_any_role_and_no_call_the_gate_refuses(branch, manager, account, seed):
    """Events, lists, calls, visits, merged records and changes of mind in any order, over one afternoon."""
    day = Day(branch, manager, account, random.Random(seed))
    for step in range(60):
        day.at = NOW + step * 2 * MINUTE
        getattr(day, day.dice.choice(DEEDS))()
        day.check()


class Day:
    """One afternoon of a small branch; `at` is its clock."""

    def __init__(self, branch, manager, account, dice):
        self.branch, self.manager, self.account, self.dice, self.at, self.lease = (
            branch,
            manager,
            account,
            dice,
            NOW,
            None,
        )
        self.people = [one for _ in range(4) for one in home(branch, manager, *dice.choices((1, 2, 3), k=3))]
        self.people.append(branch.customer(manager))
        branch.standing(self.people[-1], warning=0)
        for one in dice.sample(self.people, 4):
            one.consents.all().delete()

    def event(self, *, is_service=False):
        """One to three events judged together, of whoever the gate lets be called."""
        people = self.dice.sample(self.people, self.dice.choice((1, 1, 2, 3)))
        free = sorted_by_gate([one.pk for one in people], run=self.branch.run, at=self.at).get("free", [])
        calls = [arrival(one, is_service=is_service) for one in people if is_service or one.pk in free]
        arrivals.put_all(calls, run=self.branch.run, at=self.at)

    def service(self):
        self.event(is_service=True)

    def list(self):
        with contextlib.suppress(NobodyToCall):
            listed(self.branch, self.dice.sample(self.people, 5), at=self.at)

    def claim(self):
        lease = claims.claim(manager=self.manager, run=self.branch.run, at=self.at)
        if lease:
            item = QueueItem.objects.select_related("customer", "callback").get(pk=lease.item_id)
            assert verdict_now(item, at=self.at).allowed
            self.lease = lease

    def save(self):
        if self.lease:
            outcome = self.dice.choice(("accepted", "no_answer", "thinking", "do_not_call"))
            with contextlib.suppress(LeaseLost):
                save_result(Result(outcome=outcome), token=self.lease.token, by=self.manager, at=self.at)
            self.lease = None

    def task(self):
        one = self.dice.choice(self.people)
        if not Dispatch.objects.open().filter(customer=one).exists():
            visit_of(one, self.account, channel=self.dice.choice(("visit", "call", "hotline")))

    def hold(self):
        self._try(lambda task: task_actions.hold(task, by=self.account, at=self.at))

    def close(self):
        result, came = self.dice.choice(("accepted", "not_reached")), self.dice.random() < 0.2
        self._try(lambda task: close(task, self.account, self.at, result=result, came_to_us=came))

    def hall(self):
        spoken(self.dice.choice(self.people), self.at, channel="hall", is_outbound=False)

    def refuse(self):
        Consent.objects.filter(customer=self.dice.choice(self.people)).update(is_given=False)

    def merge(self):
        alias = self.branch.customer(
            None, merged_into=self.dice.choice(self.people), is_sensitive=self.dice.random() < 0.2
        )
        Consent.objects.filter(customer=alias).update(is_given=self.dice.random() < 0.5)

    def quiet(self):
        if self.dice.random() < 0.3:
            whose = self.dice.choice(self.people)
            DoNotDisturb.objects.create(customer=whose, scope=1, starts_at=self.at - HOUR, source="t")

    def check(self):
        self._check_contacts()
        waiting = QueueItem.objects.filter(run=self.branch.run, callback=None, is_service=False, status="pending")
        homes: dict[int, list[int]] = {}
        for item, family in waiting.filter(customer__family__isnull=False).values_list("pk", "customer__family"):
            homes.setdefault(family, []).append(item)
        for items in homes.values():
            free = [one for one in items if len(items) > 1 and claims.blocked_reason(one, at=self.at) is None]
            assert len(free) <= 1
        twice = Dispatch.objects.open().values("customer", "kind").annotate(number=Count("pk")).filter(number__gt=1)
        assert not twice.exists()

    def _check_contacts(self):
        ours = Contact.objects.filter(is_outbound=True, is_service=False).exclude(outcome="no_answer")
        homes = [one.customer.family_id or -one.customer_id for one in ours.select_related("customer")]
        assert len(homes) == len(set(homes))

    def _try(self, deed):
        tasks = list(Dispatch.objects.open().filter(owner=self.account).order_by("pk"))
        if tasks:
            with contextlib.suppress(MayNotContact, NotOpen):
                deed(self.dice.choice(tasks))
