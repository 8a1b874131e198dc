"""Members of segments: any rule counts what reading the rows one by one counts, and lists open exactly the members."""

import datetime as dt
import random
from collections import defaultdict

import pytest
from django.utils import timezone

from callcenter.models import Contact
from customers.facets import FACETS, codes
from customers.models import Bundle, Complaint, Customer, CustomerTag, Event, Need, NeedKind, Run, Standing, Tag
from cvm.filters import StandingFilter
from cvm.night import partition
from cvm.segments import members
from cvm.segments.fields import catalogue, standings, whole_catalogue
from cvm.segments.tasks import count_segments, ensure_schedule
from lifecycle.models import MomentKind
from lifecycle.queries import told_of
from segmentation import segment_actions
from segmentation.models import Segment, SegmentMember, SegmentSize
from segmentation.segments import check_rule, condition_of

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(dt.datetime.combine(dt.date(2026, 11, 23), dt.time(9)))
MID_UP = {"all": [{"field": "band", "op": "in", "value": [4, 5]}]}
LOW = {"all": [{"field": "band", "op": "in", "value": [1, 2]}]}


def at(day, hour=12):
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))


def make(place, rule=MID_UP, *, by=None, name="One"):
    return segment_actions.create_segment(name=name, meaning="", rule=rule, by=by or place.analyst, at=NOW)


def counted(segment, run):
    members.rebuild_with_readers(segment, run=run)
    return set(SegmentMember.objects.filter(segment=segment, run=run).values_list("customer_id", flat=True))


def next_night(place, **changed):
    """Publish a second night: everybody as before, except {customer: {column: value}}."""
    Run.objects.update(is_current=False)
    run = Run.objects.get(pk=place.run.pk)
    run.pk, run.is_current, run.as_of = None, True, place.run.as_of + dt.timedelta(days=1)
    run.save()
    partition.create(run.pk)
    partition.attach(run.pk)
    rows = list(Standing.objects.filter(run=place.run))
    for row in rows:
        row.run = run
        for column, value in changed.get(f"c{row.customer_id}", {}).items():
            setattr(row, column, value)
    Standing.objects.bulk_create(rows)
    return run


# --- any rule ------------------------------------------------------------------------------------


def lives(place):
    """Scatter tags, needs, events, contacts, complaints and bundles over the branch, and merge some of it."""
    dice = random.Random(11)
    tags = [Tag.objects.create(code=f"T{bit}", name_zh="标", name_en="Tag", bit=40 + bit) for bit in range(2)]
    kinds = list(NeedKind.objects.order_by("code")[:2])
    as_of = place.run.as_of
    for customer in Customer.objects.all():
        for number in range(dice.randrange(3)):
            day = as_of - dt.timedelta(days=dice.choice((-1, 0, 1, 29, 30, 31)))
            key = f"{customer.pk}-{number}"
            Event.objects.create(customer=customer, kind=dice.choice((1, 4)), occurred_at=at(day), source_key=key)
            Complaint.objects.create(case_code=key, customer=customer, opened_at=at(day, 0))
            started = at(day, dice.choice((0, 23)))
            Contact.objects.create(
                customer=customer,
                is_outbound=dice.random() < 0.7,
                started_at=started,
                ended_at=started,
                outcome="refused",
            )
        if dice.random() < 0.4:
            ends = dice.choice((None, as_of, as_of - dt.timedelta(days=1)))
            starts = as_of - dt.timedelta(days=5)
            tag = dice.choice(tags)
            CustomerTag.objects.create(customer=customer, tag=tag, starts_on=starts, ends_on=ends, source="x")
        if dice.random() < 0.4:
            status = dice.choice(("collected", "analysed", "applied", "dropped"))
            Need.objects.create(customer=customer, kind=dice.choice(kinds), status=status, collected_at=NOW)
        if dice.random() < 0.4:
            ends = as_of + dt.timedelta(days=dice.choice((-1, 0, 30, 31)))
            status = dice.choice((1, 1, 2))
            Bundle.objects.create(
                code=f"life-{customer.pk}", customer=customer, product_name="x", kind=1, start_date=as_of - dt.timedelta(400),
                end_date=ends, status=status,
            )  # fmt: skip
    people = list(Customer.objects.order_by("pk"))
    for alias, main in zip(people[1::9], people[::9], strict=False):
        Customer.objects.filter(pk=alias.pk).update(merged_into=main)
    Customer.objects.filter(pk__lt=20).update(brand=2, pay_mode=3, plan_fee_fen=5_800)


class Brute:
    """Decides a rule customer by customer, in plain Python over plain rows."""

    COLUMNS = {"cohort": "cohort_state", "county": "county_id", "manager": "manager_id", "revenue": "cum3_fen"}
    COLUMNS |= {"year": "sum12_fen", "arpu": "arpu_fen", "kept": "kept_fen", "tenure": "tenure_months"}
    COLUMNS |= {"growth": "growth_bp"}
    PROFILE = {"fee": "plan_fee_fen", "brand": "brand", "payment": "pay_mode"}

    def __init__(self, run):
        self.as_of, self.month, self.told = run.as_of, run.month.year * 12 + run.month.month - 1, told_of(run)
        self.bits = dict(MomentKind.objects.values_list("code", "bit"))
        self.tags, self.needs = (dict(model.objects.values_list("pk", "code")) for model in (Tag, NeedKind))
        self.rows = list(Standing.objects.filter(run=run).select_related("customer"))
        self.members = set(SegmentMember.objects.filter(run=run).values_list("segment_id", "customer_id"))
        self.lives = {
            model: self.by_customer(model) for model in (CustomerTag, Need, Event, Contact, Complaint, Bundle)
        }

    def by_customer(self, model):
        found = defaultdict(list)
        for one in model.objects.select_related("customer"):
            for owner in {one.customer_id, one.customer.merged_into_id or one.customer_id}:
                found[owner].append(one)
        return found

    def customers(self, rule):
        return {row.customer_id for row in self.rows if self.holds(rule, row)}

    def holds(self, node, row):
        if "field" in node:
            return self.leaf(node["field"], node["op"], node["value"], row)
        ((join, nodes),) = node.items()
        found = [self.holds(child, row) for child in nodes]
        return all(found) if join == "all" else any(found) == (join == "any")

    def leaf(self, name, op, value, row):
        mine = {model: rows[row.customer_id] for model, rows in self.lives.items()}
        if name == "moment":
            return any(row.moments >> self.bits[code] & 1 for code in value)
        if name == "tag":
            held = [one for one in mine[CustomerTag] if one.ends_on is None or one.ends_on >= self.as_of]
            return any(self.tags[one.tag_id] in value for one in held)
        if name == "need":
            return any(
                self.needs[one.kind_id] in value and one.status in ("collected", "analysed") for one in mine[Need]
            )
        if name == "event":
            return any(
                one.kind in value["kinds"] and self.recent(one.occurred_at, value["days"]) for one in mine[Event]
            )
        if name == "complaint":
            return any(self.recent(one.opened_at, value) for one in mine[Complaint])
        if name == "untouched":
            return not any(one.is_outbound and self.recent(one.started_at, value) for one in mine[Contact])
        if name == "bundle":
            left = [(one.end_date - self.as_of).days for one in mine[Bundle] if one.status == 1]
            return any(0 <= days <= value for days in left)
        if name == "segment":
            return any((pk, row.customer_id) in self.members for pk in value)
        if name == "stage_at":
            return any(self.stood(row, word) for word in value)
        if name in FACETS and name not in self.PROFILE:
            return int(codes(row.facets, name)) in value
        if name == "entry":
            return any(int(one[:4]) * 12 + int(one[5:]) - 1 == row.cohort_entry for one in value)
        held = (
            getattr(row.customer, self.PROFILE[name])
            if name in self.PROFILE
            else getattr(row, self.COLUMNS.get(name, name))
        )
        if op == "between":
            return value[0] <= held <= value[1]
        return {"in": lambda: held in value, "at_least": lambda: held >= value, "below": lambda: held < value}[op]()

    def stood(self, row, word):
        """Return whether a row's stage at a month end is one of those a word such as 2026-03:45 names; 3 bits a month."""
        back = self.month - (int(word[:4]) * 12 + int(word[5:7]) - 1)
        return back in range(self.told) and str(row.stage_path >> 3 * back & 7) in word[8:]

    def recent(self, instant, days):
        ago = (self.as_of - timezone.localtime(instant).date()).days
        return 0 <= ago < days


def random_rule(dice, fields, run, *, depth=1):
    if depth == 5 or (depth > 1 and dice.random() < 0.6):
        return random_leaf(dice, fields, run)
    nodes = [random_rule(dice, fields, run, depth=depth + 1) for _number in range(dice.randrange(1, 4))]
    return {dice.choice(("all", "any", "not")): nodes}


def random_leaf(dice, fields, run):
    field = dice.choice(list(fields.values()))
    days = dice.choice((1, 2, 30, 31))
    if field.kind == "choice":
        keys = list(field.choices)
        return {"field": field.name, "op": "in", "value": dice.sample(keys, dice.randrange(1, min(3, len(keys)) + 1))}
    if field.kind == "month":
        return {"field": field.name, "op": "in", "value": dice.sample(["2025-12", "2026-04", "2026-05"], 2)}
    if field.kind == "days":
        return {"field": field.name, "op": "within", "value": days}
    if field.kind == "events":
        return {"field": field.name, "op": "within", "value": {"kinds": dice.sample([1, 4, 9], 2), "days": days}}
    column = Brute.COLUMNS.get(field.name, field.name)
    known = (
        [5_800, 12_800]
        if field.name == "fee"
        else list(Standing.objects.filter(run=run).values_list(column, flat=True))
    )
    low, high = sorted((dice.choice(known), dice.choice(known)))
    op = dice.choice(("at_least", "below", "between"))
    return {"field": field.name, "op": op, "value": [low, high] if op == "between" else low}


def test_any_rule_counts_what_reading_the_rows_one_by_one_counts(place):
    lives(place)
    counted(make(place), place.run)
    fields = catalogue(place.analyst)
    dice = random.Random(2026)
    brute = Brute(place.run)
    sizes, asked = set(), set()
    for _number in range(300):
        rule = check_rule(random_rule(dice, fields, place.run), fields)
        found = standings(place.run, condition=condition_of(rule, fields, place.run))
        expected = brute.customers(rule)

        assert sorted(found.values_list("customer_id", flat=True)) == sorted(expected), rule
        assert found.count() == len(expected)
        sizes.add(len(expected))
        asked |= {word for word in fields if f"'{word}'" in str(rule)}

    assert len(sizes) > 20  # not the empty rule three hundred times
    assert asked == fields.keys()


# --- members -------------------------------------------------------------------------------------


def test_members_entered_and_left_open_exactly_their_customers(place, client):
    segment = make(place)
    first = counted(segment, place.run)
    out, came = min(first), min(set(range(1, 65)) - first)
    run = next_night(place, **{f"c{out}": {"band": 1}, f"c{came}": {"band": 5}})

    assert count_segments() == 1
    assert count_segments() == 0
    client.force_login(place.analyst)
    opened = {}
    for part in ("", ":entered", ":left"):
        page = client.get("/customers/", {"segment": f"{segment.pk}{part}", "columns": "state"})
        opened[part] = {row.customer_id for row in page.context["rows"]}
        assert page.context["number"] == len(opened[part])

    assert opened == {"": first - {out} | {came}, ":entered": {came}, ":left": {out}}
    sizes = SegmentSize.objects.filter(segment=segment, run=run)
    assert [sum(getattr(size, name) for size in sizes) for name in ("customers", "entered", "left")] == [
        len(first),
        1,
        1,
    ]


def test_only_the_last_two_days_of_members_are_kept(place):
    segment = make(place)
    counted(segment, place.run)
    second = next_night(place)
    counted(segment, second)
    place.run.as_of += dt.timedelta(days=1)
    third = next_night(place)
    counted(segment, third)

    assert set(SegmentMember.objects.values_list("run_id", flat=True)) == {second.pk, third.pk}
    assert SegmentSize.objects.values("as_of").distinct().count() == 3


def test_night_of_the_same_day_replaces_its_members(place):
    segment = make(place)
    counted(segment, place.run)
    place.run.as_of -= dt.timedelta(days=1)
    again = next_night(place)
    counted(segment, again)

    assert set(SegmentMember.objects.values_list("run_id", flat=True)) == {again.pk}
    assert set(SegmentSize.objects.values_list("run_id", flat=True)) == {again.pk}


def test_counting_twice_changes_nothing(place):
    segment = make(place)
    first = counted(segment, place.run)
    sizes = list(SegmentSize.objects.order_by("county_id").values_list("county_id", "customers", "entered", "left"))

    assert counted(segment, place.run) == first
    again = SegmentSize.objects.order_by("county_id").values_list("county_id", "customers", "entered", "left")
    assert list(again) == sizes


def test_segment_without_customers_is_counted_too(place):
    nobody = make(place, {"all": [*MID_UP["all"], *LOW["all"]]})

    assert counted(nobody, place.run) == set()
    assert [size.customers for size in nobody.sizes.all()] == [0]


def test_changing_an_inner_segment_counts_those_that_read_it(place):
    inner = make(place)
    outer = make(place, {"not": [{"field": "segment", "op": "in", "value": [inner.pk]}]}, name="Outer")
    rich = counted(inner, place.run)
    everybody = set(range(1, 65))
    assert counted(outer, place.run) == everybody - rich

    change = {"name": "One", "meaning": "", "rule": LOW, "seen": 1, "by": place.analyst, "at": NOW}
    members.rebuild_with_readers(segment_actions.change_segment(inner, **change), run=place.run)

    now = set(SegmentMember.objects.filter(segment=inner).values_list("customer_id", flat=True))
    others = set(SegmentMember.objects.filter(segment=outer).values_list("customer_id", flat=True))
    assert now != rich
    assert others == everybody - now


def test_circle_keeps_to_its_owners_portfolio(place, client):
    circle = make(place, by=place.manager)

    found = counted(circle, place.run)

    assert circle.is_circle
    assert found == set(
        Standing.objects.filter(manager_id=place.manager.pk, band__gte=4).values_list("customer_id", flat=True)
    )
    for person, status in ((place.manager, 200), (place.other_manager, 400), (place.analyst, 200)):
        client.force_login(person)
        assert client.get("/customers/", {"segment": circle.pk}).status_code == status


def test_list_of_a_segment_keeps_to_the_readers_customers(place, client):
    segment = make(place)
    everywhere = counted(segment, place.run)
    client.force_login(place.east_analyst)

    rows = client.get("/customers/", {"segment": segment.pk}).context["rows"]

    east = set(Customer.objects.filter(county=place.east).values_list("pk", flat=True))
    assert {row.customer_id for row in rows} == everywhere & east != everywhere


@pytest.mark.parametrize("value", ["0", "x", "1:gone", "1'--", "999999:left"])
def test_list_refuses_a_segment_it_does_not_know(place, client, value):
    client.force_login(place.analyst)
    assert client.get("/customers/", {"segment": value}).status_code == 400


def test_retired_segments_are_counted_no_more(place):
    segment = make(place)
    segment_actions.retire_segment(segment, by=place.analyst, at=NOW)

    assert count_segments() == 0
    assert Segment.objects.get().is_active is False


def test_secret_fields_exist_only_for_those_who_see_value(place):
    hidden = whole_catalogue().keys() - catalogue(place.clerk).keys()

    assert hidden == {"band", "code", "layer", "cohort", "entry", "revenue", "year", "arpu", "kept"}


def test_schedule_is_laid_once():
    from django_celery_beat.models import PeriodicTask

    ensure_schedule()
    ensure_schedule()

    assert PeriodicTask.objects.filter(task="cvm.segments.tasks.count_segments").count() == 1


def test_list_knows_a_segment_after_the_schema_of_the_api_was_read(place, client):
    assert StandingFilter.base_filters["segment"].field.choices is not None  # as the schema's generator asks
    segment = make(place)
    client.force_login(place.analyst)

    assert client.get("/customers/", {"segment": segment.pk}).status_code == 200
