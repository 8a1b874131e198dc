"""The pages of back-tests: what each role sees and may do, whose customers are counted, what is refused and why."""

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Branch, Staff
from cvm.backtests.figures import figures
from cvm.night.parcel import unpack
from lifecycle.models import BackTest, MomentKind
from tests.backtests.trials import ask, branch_with_a_night, done, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return branch_with_a_night()


@pytest.fixture
def admin(run):
    return person(Staff.Role.ADMIN)


def client_of(user, language="en"):
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    client.cookies["django_language"] = language
    return client


def typed(code="C4", **changes):
    form = {"share_percent": 70, "orange_share_percent": 50, "least_fall_fen": "30", "yellow_hours": 72}
    return form | {"orange_hours": 24, "cool_down_days": 60, "repeats": "plain"} | changes


def test_draft_is_asked_for_in_yuan_and_leads_to_its_page(admin, monkeypatch):
    from cvm.backtests import tasks

    monkeypatch.setattr(tasks.app, "send_task", lambda *_args, **_options: None)
    client = client_of(admin)

    answer = client.post(reverse("back-test-ask", args=["C4"]), typed(least_fall_fen="12.50"))

    test = BackTest.objects.get()
    assert (answer.status_code, answer.url) == (302, reverse("back-test", args=[test.pk]))
    assert test.draft["thresholds"]["least_fall_fen"] == 12_50
    assert test.live["thresholds"]["least_fall_fen"] == 30_00
    again = client.post(reverse("back-test-ask", args=["C4"]), typed(least_fall_fen="12.5"), follow=True)
    assert "has been asked for already" in again.content.decode()
    assert BackTest.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"share_percent": 100}, "99"),
        ({"share_percent": 40}, "must stay above"),
        ({"least_fall_fen": "x"}, "number"),
        ({"cool_down_days": ""}, "required"),
        ({"repeats": "often"}, "often"),
        ({"counties": "0"}, "0"),
    ],
)
def test_impossible_drafts_come_back_with_what_is_wrong(admin, changes, words):
    answer = client_of(admin).post(reverse("back-test-ask", args=["C4"]), typed(**changes))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not BackTest.objects.exists()


def test_result_shows_both_sides_and_offers_adoption_to_administrators_only(admin):
    test = done(ask("C4", by=admin, share_percent=90))
    address = reverse("back-test", args=[test.pk])

    page = client_of(admin).get(address).content.decode()
    found = figures(test, reader=admin)
    for side in found.sides:
        assert f'data-hits="{side.name}"><b>{side.hits:,}</b>' in page
    assert "adopt-dialog" in page
    analyst = person(Staff.Role.ANALYST)
    assert "adopt-dialog" not in client_of(analyst).get(address).content.decode()
    assert client_of(analyst).post(reverse("back-test-adopt", args=[test.pk])).status_code == 403
    assert client_of(admin, "zh-hans").get(address).status_code == 200


def test_figures_add_up(admin):
    test = done(ask("C4", by=admin, share_percent=90))
    found = figures(test, reader=admin)

    assert found.draft.hits > found.live.hits > 0
    for side in found.sides:
        assert sum(side.daily) == side.hits == sum(side.level_sums) == sum(map(sum, side.by_code))
        assert side.churn.known + side.churn.open == side.hits
        assert side.churn.left + side.churn.stayed == side.churn.known
        assert side.churn.caught + side.churn.missed == side.churn.departures > 0
        assert sum(numbers[2 * found.sides.index(side)] for _, numbers in found.months) == side.hits
        assert 0 <= side.alone <= side.hits
    only_live, both, only_draft = found.apart
    assert (only_live, both) == (0, found.live.people)  # a wider draft finds everybody it found before
    assert both + only_draft == found.draft.people


def test_readers_of_a_county_see_their_customers_only(admin):
    test = done(ask("A2", by=admin))
    counties = list(Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("pk"))
    readers = [person(Staff.Role.ANALYST, name=county.code, branch=county) for county in counties]

    hits = [figures(test, reader=reader).live.hits for reader in readers]

    assert sum(hits) == figures(test, reader=admin).live.hits
    rows = unpack(test.result)["live_hits"].sum(axis=(1, 2, 3)).tolist()
    assert hits == rows


def test_adoption_on_a_stale_back_test_is_refused_in_words(admin):
    test = done(ask("C4", by=admin, share_percent=90))
    MomentKind.objects.filter(code="C4").update(cool_down_days=59)

    answer = client_of(admin).post(reverse("back-test-adopt", args=[test.pk]), follow=True)

    assert "has been changed since this back-test" in answer.content.decode()
    assert MomentKind.objects.get(code="C4").thresholds == {}


def test_only_the_asker_and_administrators_cancel(admin):
    test = ask("C4", by=admin)
    analyst = person(Staff.Role.ANALYST)

    assert client_of(analyst).post(reverse("back-test-cancel", args=[test.pk])).status_code == 403
    assert client_of(admin).post(reverse("back-test-cancel", args=[test.pk])).status_code == 302
    test.refresh_from_db()
    assert test.status == BackTest.Status.CANCELLED
    assert "nothing of it was kept" in client_of(admin).get(reverse("back-test", args=[test.pk])).content.decode()


def test_progress_alone_answers_htmx_and_reloads_the_page_at_the_end(admin):
    test, client = ask("C4", by=admin), client_of(admin)
    address = reverse("back-test", args=[test.pk])

    running = client.get(address, headers={"HX-Request": "true"})
    done(test)
    ended = client.get(address, headers={"HX-Request": "true"})

    assert (running.headers.get("HX-Refresh"), ended.headers.get("HX-Refresh")) == (None, "true")
    assert "<progress" in running.content.decode()


def test_pages_ask_as_often_for_many_back_tests_as_for_one(admin, django_assert_max_num_queries):
    client, counts = client_of(admin), []
    for number in (60, 61, 62):
        ask("C4", by=admin, share_percent=number)
        with django_assert_max_num_queries(20) as seen:
            client.get(reverse("back-tests"))
        counts.append(len(seen))

    assert counts[0] == counts[2]
