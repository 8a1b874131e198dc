"""One line becomes a need; needs go collected – analysed – applied, and applying puts a tag on the customer."""

import datetime as dt

import pytest
from django.db.models import Q

from customers import need_actions
from customers.models import AuditEntry, Customer, CustomerTag, Need, NeedKind, Tag
from customers.need_actions import KindHasNoTag, WordsMissing
from customers.needs import Kind, UnknownNeed, understood, visible_to, with_need
from customers.tests.people import NOW, TODAY, county, customer, staff

KINDS = [
    Kind("TARIFF", "资费优惠", "Lower tariff"),
    Kind("BROADBAND", "家庭宽带", "Home broadband"),
    Kind("BENEFIT", "增值权益", "Benefits"),
    Kind("ROAMING", "国际漫游", "Roaming abroad"),
    Kind("OTHER", "其他", "Other"),
]


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("资费优惠", "TARIFF", ""),
        ("tariff", "TARIFF", ""),
        ("zfyh", "TARIFF", ""),
        ("jiatingkuandai", "BROADBAND", ""),
        ("jt", "BROADBAND", ""),  # the beginning of just one
        ("Home broadband", "BROADBAND", ""),
        ("b", "OTHER", "b"),  # the beginning of two says nothing
        ("宽带:明年三月到期", "BROADBAND", "宽带:明年三月到期"),  # no kind is called so: a sentence, guessed
        ("家庭宽带:明年三月到期", "BROADBAND", "明年三月到期"),
        ("TARIFF: too dear", "TARIFF", "too dear"),
        ("下个月要出国", "ROAMING", "下个月要出国"),
        ("会员太贵", "BENEFIT", "会员太贵"),  # two words of one length: the first kind by code
        ("天气不错", "OTHER", "天气不错"),
    ],
)
def test_line_is_understood(line, code, words):
    kind, said = understood(line, KINDS)

    assert (kind.code, said) == (code, words)


def test_line_without_any_kind_is_refused():
    with pytest.raises(UnknownNeed):
        understood("天气不错", KINDS[:1])


@pytest.fixture
def manager(db):
    return staff()


def record(text, *, by, whom=None, at=NOW):
    return need_actions.record_need(whom or customer(), text=text, by=by, at=at)


def test_need_is_recorded_with_who_when_and_the_words(manager):
    recorded = record("家庭宽带:竞争对手三月到期", by=manager)

    need = Need.objects.get()
    assert recorded.is_new
    assert (need.kind.code, need.words, need.source, need.status) == (
        "BROADBAND", "竞争对手三月到期", "front_line", "collected",
    )  # fmt: skip
    assert (need.collected_by, need.collected_at) == (manager, NOW)
    assert AuditEntry.objects.get().detail == {"kind": "BROADBAND", "source": "front_line"}


def test_saying_it_again_changes_nothing(manager):
    whom = customer()
    record("换机", by=manager, whom=whom)
    again = record("换机: 又说了一遍", by=staff("team_leader"), whom=whom, at=NOW + dt.timedelta(days=1))

    assert (again.is_new, again.is_confirmed) == (False, False)
    assert list(Need.objects.values_list("words", "collected_by", "collected_at")) == [("", manager.pk, NOW)]
    assert AuditEntry.objects.count() == 1


def test_confirming_a_suggestion_keeps_its_source(manager):
    whom = customer()
    kind = NeedKind.objects.get(code="ROAMING")
    Need.objects.create(customer=whom, kind=kind, source="data", is_suggested=True, collected_at=NOW)

    recorded = record("ROAMING: 每月去深圳", by=manager, whom=whom)

    need = Need.objects.get()
    assert recorded.is_confirmed
    assert (need.is_suggested, need.source, need.words, need.collected_by) == (False, "data", "每月去深圳", manager)


def test_dismissed_suggestion_is_closed_once(manager):
    whom = customer()
    kind = NeedKind.objects.get(code="ROAMING")
    need = Need.objects.create(customer=whom, kind=kind, source="data", is_suggested=True, collected_at=NOW)

    closed = [need_actions.dismiss(whom, need=need.pk, by=manager, at=NOW) for _ in range(2)]

    assert closed == [True, False]
    assert Need.objects.get().status == "dropped"


def test_what_a_person_said_cannot_be_dismissed(manager):
    whom = customer()
    need = record("换机", by=manager, whom=whom).need

    assert not need_actions.dismiss(whom, need=need.pk, by=manager, at=NOW)
    assert Need.objects.get().status == "collected"


# --- analyse, apply, drop ------------------------------------------------------------------------


def both(text="换机"):
    """Two customers with the same collected need."""
    manager = staff()
    for number in (1, 2):
        record(text, by=manager, whom=customer(number))
    return staff("analyst")


@pytest.mark.django_db
def test_analysis_moves_only_what_is_collected_and_only_once():
    analyst = both()

    moved = [need_actions.analyse(Need.objects.all(), conclusion="可推终端", by=analyst, at=NOW) for _ in range(2)]

    assert moved == [2, 0]
    assert set(Need.objects.values_list("status", "conclusion", "analysed_by")) == {
        ("analysed", "可推终端", analyst.pk)
    }
    traces = AuditEntry.objects.filter(action="need.analyse").values_list("reason", "detail")
    assert list(traces) == [("可推终端", {"needs": 2})]


@pytest.mark.django_db
def test_analysis_without_a_conclusion_is_refused():
    analyst = both()

    with pytest.raises(WordsMissing):
        need_actions.analyse(Need.objects.all(), conclusion="  ", by=analyst, at=NOW)

    assert set(Need.objects.values_list("status", flat=True)) == {"collected"}


@pytest.mark.django_db
def test_applying_puts_the_tag_on_with_its_expiry_and_closes_the_need():
    analyst = both()
    Tag.objects.filter(code="HANDSET").update(lasts_days=10)
    need_actions.analyse(Need.objects.filter(customer=1), conclusion="可推终端", by=analyst, at=NOW)

    moved = [need_actions.apply(Need.objects.all(), by=analyst, at=NOW) for _ in range(2)]

    assert moved == [1, 0]
    assert list(Need.objects.order_by("customer").values_list("status", "closed_by")) == [
        ("applied", analyst.pk), ("collected", None),
    ]  # fmt: skip
    carried = CustomerTag.objects.get()
    assert (carried.customer_id, carried.tag.code, carried.source, carried.set_by) == (1, "HANDSET", "need", analyst)
    assert (carried.starts_on, carried.ends_on) == (TODAY, TODAY + dt.timedelta(days=9))


@pytest.mark.django_db
def test_applying_again_prolongs_the_tag_and_renews_one_that_ended():
    analyst = both()
    tag = Tag.objects.get(code="HANDSET")
    days = {1: (-5, 3), 2: (-90, -60)}
    for number, (start, end) in days.items():
        CustomerTag.objects.create(
            customer_id=number, tag=tag, source="test",
            starts_on=TODAY + dt.timedelta(days=start), ends_on=TODAY + dt.timedelta(days=end),
        )  # fmt: skip
    need_actions.analyse(Need.objects.all(), conclusion="可推终端", by=analyst, at=NOW)

    need_actions.apply(Need.objects.all(), by=analyst, at=NOW)

    until = TODAY + dt.timedelta(days=tag.lasts_days - 1)
    assert list(CustomerTag.objects.order_by("customer").values_list("starts_on", "ends_on")) == [
        (TODAY - dt.timedelta(days=5), until), (TODAY, until),
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"tag": None}, {"is_off": True}])
def test_kind_without_a_tag_in_use_cannot_be_applied(change):
    analyst = both()
    need_actions.analyse(Need.objects.all(), conclusion="x", by=analyst, at=NOW)
    if "tag" in change:
        NeedKind.objects.filter(code="HANDSET").update(tag=None)
    else:
        Tag.objects.filter(code="HANDSET").update(is_active=False)

    with pytest.raises(KindHasNoTag):
        need_actions.apply(Need.objects.all(), by=analyst, at=NOW)

    assert set(Need.objects.values_list("status", flat=True)) == {"analysed"}
    assert not CustomerTag.objects.exists()


@pytest.mark.django_db
def test_dropped_need_can_be_recorded_anew():
    analyst = both()
    dropped = [need_actions.drop(Need.objects.all(), reason="重复", by=analyst, at=NOW) for _ in range(2)]

    assert dropped == [2, 0]
    assert record("换机", by=analyst, whom=Need.objects.first().customer).is_new


# --- who sees which ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_needs_are_seen_with_their_customers():
    manager = staff()
    mine, elsewhere = customer(1, manager=manager), customer(2, county=county("C2"))
    for whom in (mine, elsewhere):
        record("换机", by=manager, whom=whom)
    chief = staff("analyst", "chief")
    chief.branch = county().parent

    seen = {
        person.username: list(visible_to(person).order_by("customer").values_list("customer", flat=True))
        for person in (manager, staff("team_leader"), chief)
    }

    assert seen == {"phone_manager": [1], "team_leader": [1], "chief": [1, 2]}


@pytest.mark.django_db
def test_customers_are_found_by_kind_and_step():
    analyst = both()
    need_actions.analyse(Need.objects.filter(customer=1), conclusion="x", by=analyst, at=NOW)
    Need.objects.filter(Q(customer=2)).update(is_suggested=True)
    steps = ("HANDSET:collected", "HANDSET:analysed", "HANDSET:open", "HANDSET:suggested", "HANDSET", "TARIFF:open")

    assert {step: sorted(with_need(step)) for step in steps} == {
        "HANDSET:collected": [2],
        "HANDSET:analysed": [1],
        "HANDSET:open": [1, 2],
        "HANDSET:suggested": [2],
        "HANDSET": [1, 2],
        "TARIFF:open": [],
    }


@pytest.mark.django_db
def test_need_of_an_alias_is_found_with_its_main_record():
    both()
    Customer.objects.filter(pk=2).update(merged_into_id=1)

    assert set(with_need("HANDSET:open")) == {1}
