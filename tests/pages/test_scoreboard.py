"""The scoreboard: every number is the length of the list it opens; effects are known or honestly unknown."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from callcenter.models import Dispatch
from customers.models import Customer, Standing
from cvm.demo.work import work
from cvm.scoreboard.effect import Side, effect_of
from lifecycle.models import KeyMoment
from tests.pages.links import doors
from tests.pages.task_rows import close, make_task

pytestmark = pytest.mark.django_db


def test_effect_needs_thirty_on_either_side():
    assert not effect_of(Side(1000, 990), Side(29, 20)).is_known
    assert effect_of(Side(30, 29), Side(30, 20)).is_known


def test_effect_is_the_difference_with_its_interval():
    effect = effect_of(Side(400, 380, 500.0, 1000.0), Side(100, 85, -100.0, 1000.0))

    assert effect.stayed_points == pytest.approx(10.0)
    assert effect.stayed_margin == pytest.approx(7.317, abs=0.01)
    assert effect.bill_fen == pytest.approx(600.0)
    assert effect.bill_margin_fen == pytest.approx(219.1, abs=0.1)
    assert effect.is_sure


def test_no_difference_is_not_sure():
    assert not effect_of(Side(100, 90), Side(100, 90)).is_sure


def a_busy_month(place):
    """Make tasks in every state and return how many customers there were."""
    now = timezone.now()
    people = list(Customer.objects.filter(county=place.east).order_by("pk")[:8])
    make_task(people[0], "C1", delivered_at=now)
    make_task(people[1], "C1", due_at=now - dt.timedelta(hours=1))
    make_task(people[2], "C1", owner=None)
    close(make_task(people[3], "C1", delivered_at=now, seconds=180, dials=1), "accepted", satisfaction=4)
    close(make_task(people[4], "C1", seconds=60, dials=3), "not_reached")
    make_task(people[5], "B1", status="control")
    make_task(people[6], "", due_at=now + dt.timedelta(hours=1))
    make_task(people[7], "C1", at=now - dt.timedelta(days=100))  # before the period


def test_every_number_opens_exactly_its_tasks(client, place):
    a_busy_month(place)
    client.force_login(place.leader)

    response = client.get(reverse("scoreboard"))

    lines = {line.code: line for line in response.context["lines"]}
    assert lines["C1"].counts == {
        "issued": 5,
        "delivered": 2,
        "attempted": 2,
        "handled": 1,
        "unhandled": 1,
        "open": 3,
        "overdue": 1,
        "nobody": 1,
        "control": 0,
        "rated": 1,
    }
    assert (lines["B1"].counts["control"], lines["B1"].counts["issued"], lines["warning"].seen) == (1, 0, None)
    assert (lines["C1"].useless, lines["C1"].minutes, lines["C1"].satisfaction) == (2.0, 2.0, 4.0)
    opened = set(doors(response.content.decode()))
    assert len(opened) == sum(1 for line in lines.values() for number in line.counts.values() if number) + 5
    for url, number in opened:
        assert client.get(url).context["page"].paginator.count == number, url


def test_scope_period_and_place_narrow_the_numbers(client, place):
    a_busy_month(place)
    make_task(Customer.objects.filter(county=place.west).first(), "C1")
    client.force_login(place.analyst)

    whole = client.get(reverse("scoreboard")).context["sum"]["issued"]
    west = client.get(reverse("scoreboard"), {"county": place.west.pk}).context["sum"]["issued"]
    older = client.get(reverse("scoreboard"), {"since": "2020-01-01"}).context["sum"]["issued"]
    client.force_login(place.leader)
    county = client.get(reverse("scoreboard")).context["sum"]["issued"]

    assert (whole, west, older, county) == (7, 1, 8, 6)


def test_result_against_control_of_customers_thirty_days_after(client, place):
    people = list(Customer.objects.order_by("pk"))
    Customer.objects.filter(pk__in=[one.pk for one in people]).update(state=1, leave_date=None)
    Standing.objects.update(arpu_fen=100_00)
    at = timezone.now() - dt.timedelta(days=40)
    for number, one in enumerate(people):
        is_held = number % 2 == 0
        make_task(
            one,
            "B1",
            at=at,
            arpu_fen=90_00 if is_held else 80_00,
            status="control" if is_held else "open",
            is_lead=not is_held,
        )
    gone = [one.pk for one in people[::2]][:8]
    Customer.objects.filter(pk__in=gone).update(state=8, leave_date=at.date())
    client.force_login(place.analyst)

    response = client.get(reverse("scoreboard"), {"since": str(at.date() - dt.timedelta(days=1))})

    (line,) = [line for line in response.context["lines"] if line.code == "B1"]
    assert line.effect.stayed_points == pytest.approx(25.0)
    assert line.effect.bill_fen == pytest.approx(10_00)
    assert "25.0" in response.content.decode()


def test_file_says_what_the_page_says(client, place):
    a_busy_month(place)
    client.force_login(place.auditor)

    lines = client.get(reverse("scoreboard-file")).content.decode("utf-8-sig").splitlines()

    row = next(line.split(",") for line in lines if line.startswith("C1,"))
    assert row[3:13] == ["5", "2", "2", "1", "1", "3", "1", "1", "0", "1"]
    assert client.get(reverse("scoreboard-file"), {"since": "x"}).status_code == 400
    assert client.get(reverse("scoreboard"), {"since": "x"}).status_code == 400
    assert Dispatch.objects.count() == 8


def test_demonstration_has_three_months_of_work_once(client, place):
    made = work(run=place.run, at=timezone.now())

    assert made > 0
    assert work(run=place.run, at=timezone.now()) == 0
    tasks = Dispatch.objects.values_list("customer_id", "kind_id")
    assert set(tasks) <= set(KeyMoment.objects.values_list("customer_id", "kind_id"))
    client.force_login(place.analyst)
    since = str(timezone.localdate() - dt.timedelta(days=95))
    assert client.get(reverse("scoreboard"), {"since": since}).context["sum"]["issued"] > 0
