"""What a night issues, closes, shows, hands over: tasks across nights."""

import datetime as dt

import pytest
from django.db.models import Count

from callcenter import claims
from callcenter.models import Dispatch, DispatchDraft, QueueItem
from callcenter.verdicts import verdict_now
from customers.models import Complaint, Consent, Customer, DoNotDisturb, Family, GroupAccount, Run, Staff, Standing
from cvm import nightly
from cvm.lib.workdays import SHANGHAI
from lifecycle.models import KeyMoment, MomentKind
from retention.gate import Purpose
from tests.night.branches import AS_OF, make_branch, numbers, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")


def night(*, days=0):
    run = spend(nightly.start_night(as_of=AS_OF + dt.timedelta(days=days), accept_fewer=True))
    assert run.status == "published", run.error
    return run


def told(**condition):
    names = ("customer_id", "kind_id", "status", "is_lead", "priority", "due_at", "owner_id", "result")
    return list(Dispatch.objects.filter(**condition).order_by("pk").values_list("pk", *names))


def test_night_issues_tasks_links_its_queue_and_again_changes_nothing():
    make_branch(customers=300)
    first = night()
    issued, words = told(), numbers(first)
    found = KeyMoment.objects.filter(customer=1).values("kind")
    longer_ago = KeyMoment.objects.create(  # longer ago than any cool-down
        run=first, customer_id=1, kind=MomentKind.objects.exclude(pk__in=found).first(), level=0, deadline_hours=24,
        detected_on=AS_OF - dt.timedelta(days=500), value=1, reference=1,
    )  # fmt: skip

    second = night()

    assert KeyMoment.objects.filter(pk=longer_ago.pk).exists()
    seen = set(KeyMoment.objects.values_list("customer_id", "kind_id"))
    assert {(task[1], task[2]) for task in issued if task[2]} <= seen

    assert issued
    assert first.summary["tasks"] == len(issued)
    assert (second.summary["tasks"], told()) == (0, issued)
    assert numbers(second) == words
    assert not DispatchDraft.objects.exists()
    for run in (first, second):
        items = QueueItem.objects.filter(run=run)
        assert items.exists()
        assert not items.filter(dispatch=None).exists()
        assert not items.exclude(dispatch__is_lead=True).exists()
    per_customer = Dispatch.objects.open().values("customer")
    assert not per_customer.annotate(shown=Count("pk", filter=Dispatch.lead_filter())).exclude(shown=1).exists()


def test_without_consent_service_alone_is_issued_and_nothing_to_whom_the_gate_never_lets_us_reach():
    make_branch(customers=300)
    Consent.objects.all().delete()
    since = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    even = range(2, 301, 2)
    DoNotDisturb.objects.bulk_create(
        DoNotDisturb(customer_id=one, scope=2, starts_at=since, source="t") for one in even
    )
    noon = dt.datetime.combine(AS_OF - dt.timedelta(days=1), dt.time(12), tzinfo=SHANGHAI)
    Complaint.objects.bulk_create(
        Complaint(case_code=f"K{one}", customer_id=one, opened_at=noon, level=Complaint.Level.MAJOR)
        for one in range(1, 301, 3)
    )

    run = night()

    assert KeyMoment.objects.filter(kind__is_service=False).exists()
    tasks, items = Dispatch.objects.select_related("kind"), QueueItem.objects.filter(run=run)
    assert {task.kind.is_service for task in tasks} == {True}
    assert {task.customer_id % 2 for task in tasks} == {1}
    assert {item.is_service for item in items} == {True}
    in_hours = dt.datetime(2026, 11, 23, 15, tzinfo=SHANGHAI)  # a Monday
    assert {claims.blocked_reason(item.pk, at=in_hours) for item in items} == {None}
    assert {verdict_now(item, at=in_hours).rule for item in items} == {"allowed"}
    assert "allowed" not in {verdict_now(item, at=in_hours, purpose=Purpose.MARKETING).rule for item in items}


def test_whoever_agreed_to_messages_only_gets_the_message_and_the_task_says_why():
    make_branch(customers=300)
    Consent.objects.all().delete()
    said_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    Consent.objects.bulk_create(
        Consent(customer=customer, channel="sms", is_given=True, said_at=said_at, source="t")
        for customer in Customer.objects.all()
    )

    night()

    issued = Dispatch.objects.exclude(status="control").exclude(kind__is_service=True)
    assert set(issued.values_list("channel", "owner_role")) <= {("sms", "system"), ("in_contact", "hotline")}
    assert "call" in set(issued.values_list("wanted_channel", flat=True))
    assert not QueueItem.objects.filter(is_service=False).exists()


def test_tasks_live_on_until_somebody_settles_them_they_expire_or_the_customer_leaves():
    make_branch(customers=300)
    first = night()
    shown = Dispatch.objects.open().filter(is_lead=True).order_by("pk")
    settled = shown.filter(kind=None, warning__lt=3).first()
    gone, late, kept = list(shown.exclude(pk=settled.pk)[:3])
    Dispatch.objects.filter(pk=settled.pk).update(
        status="closed", result="accepted", closed_at=settled.detected_at, is_lead=False
    )
    Customer.objects.filter(pk=gone.customer_id).update(state=Customer.State.PORTED_OUT)
    Dispatch.objects.filter(pk=late.pk).update(expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))

    second = night(days=1)

    results = dict(Dispatch.objects.filter(pk__in=(gone.pk, late.pk, kept.pk)).values_list("pk", "result"))
    assert results == {gone.pk: "left", late.pk: "expired", kept.pk: ""}
    # the warning is still there; what was settled lately makes no new task
    assert Standing.objects.filter(run=second, customer=settled.customer_id, warning__gt=0).exists()
    assert not Dispatch.objects.open().filter(customer=settled.customer_id, kind=None).exists()
    # to go back to yesterday is to flip the pointer: no task depends on it
    before = told()
    Run.objects.filter(is_current=True).update(is_current=False)
    Run.objects.filter(pk=first.pk).update(is_current=True)
    assert told() == before


def test_household_is_called_once_through_its_decision_maker():
    make_branch(customers=300)
    first = night()
    called = list(QueueItem.objects.filter(run=first).order_by("rank").values_list("customer_id", flat=True))[:2]
    quiet = Customer.objects.exclude(pk__in=QueueItem.objects.values("customer")).filter(
        pk__in=Standing.objects.filter(run=first, layer=4, warning=0, manager_id__gt=0).values("customer_id")
    )
    decider = quiet.filter(state=1, is_red_listed=False, is_black_listed=False, is_special=False, is_sensitive=False)
    decider = decider.filter(consents__channel="call", consents__is_given=True).order_by("-pk").first()
    make_family([decider.pk, *called], decider=decider.pk)

    second = night()

    at_home = QueueItem.objects.filter(run=second, customer__in=[decider.pk, *called])
    (item,) = at_home
    assert (item.customer_id, item.covers) == (decider.pk, sorted(called))
    assert item.manager_id == decider.manager_id
    receivers = Dispatch.objects.open().filter(customer__in=called, owner_role="phone_manager", is_lead=True)
    assert set(receivers.values_list("receiver", flat=True)) == {decider.pk}


def make_family(members, *, decider):
    family = Family.objects.create(code="F-9")
    Customer.objects.filter(pk__in=members).update(family=family, family_role=Customer.FamilyRole.MEMBER)
    Customer.objects.filter(pk=decider).update(family_role=Customer.FamilyRole.DECIDER)


def test_group_customers_go_to_their_account_manager_and_to_no_phone_desk():
    make_branch(customers=300)
    first = night()
    customer = QueueItem.objects.filter(run=first).order_by("rank").first().customer
    account = Staff.objects.create(username="account", role="account_manager")
    group = GroupAccount.objects.create(code="G-9", name="x", group_class=1, account_manager=account)
    Customer.objects.filter(pk=customer.pk).update(group=group, is_key_person=True)
    Dispatch.objects.filter(customer=customer).delete()
    QueueItem.objects.all().delete()

    second = night()

    layer = Standing.objects.get(run_id=second.pk, customer_id=customer.pk).layer
    calls = Dispatch.objects.open().filter(customer=customer, channel__in=("call", "visit"))
    assert calls.exists()
    if layer == 2:
        assert set(calls.values_list("owner_role", "owner")) == {("account_manager", account.pk)}
        assert not QueueItem.objects.filter(run=second, customer=customer).exists()
    else:
        assert layer == 1


def test_superseded_by_a_later_night_of_the_same_day():
    make_branch(customers=300)
    first = night()
    task = Dispatch.objects.open().exclude(kind=None).order_by("pk").first()
    KeyMoment.objects.filter(run=first).delete()
    nightly_kind = task.kind
    nightly_kind.is_enabled = False
    nightly_kind.save(update_fields=["is_enabled"])

    night()

    task.refresh_from_db()
    assert (task.status, task.result) == ("closed", "superseded")
