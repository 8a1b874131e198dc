"""Needs, missing fields and the survey while a customer is in hand: saved at once, the card stays."""

import datetime as dt

import pytest
from django.urls import reverse

from callcenter.tests.branch import NOW
from callcenter.tests.test_views import CLAIM, DESK, HTMX, clock, manager, token_of  # noqa: F401 - fixtures
from customers.models import Customer, FieldCheck, Need, NeedKind, SurveyAnswer

NEED, SUGGESTION, FIELD, SURVEY = (reverse(f"callcenter:{name}") for name in ("need", "suggestion", "field", "survey"))


@pytest.fixture
def whom(branch, manager, client):  # noqa: F811
    """The customer in hand."""
    branch.queued(manager, 2)
    client.post(CLAIM)
    return Customer.objects.order_by("pk").first()


def ask(client, address, *, htmx=True, **values):
    return client.post(address, {"token": token_of(client)} | values, headers=HTMX if htmx else {})


def survey_form():
    from customers.surveys import questions_in_use

    return questions_in_use()[0].form_id


def test_need_is_saved_at_once_and_gives_back_only_its_part(client, whom, manager):  # noqa: F811
    part = ask(client, NEED, text="家庭宽带: 三月到期")

    body = part.content.decode()
    assert part.status_code == 200
    assert body.lstrip().startswith('<section class="tile" id="desk-needs"')
    assert "desk-card" not in body
    assert list(Need.objects.values_list("customer", "kind__code", "words", "collected_by")) == [
        (whom.pk, "BROADBAND", "三月到期", manager.pk)
    ]
    assert client.get(DESK).context["card"].item.customer_id == whom.pk


def test_need_without_script_comes_back_to_the_desk(client, whom):
    answer = ask(client, NEED, htmx=False, text="换机")

    assert (answer.status_code, answer.url) == (302, DESK)
    assert Need.objects.count() == 1


def test_bad_lines_are_refused_with_words(client, whom):
    by_script, by_form = ask(client, NEED, text=""), ask(client, NEED, htmx=False, text="")

    assert (by_script.status_code, by_form.status_code) == (422, 422)
    assert 'role="alert"' in by_script.content.decode()
    assert by_form.context["card"].item.customer_id == whom.pk
    assert not Need.objects.exists()


def test_suggestion_is_answered_on_the_card(client, whom):
    kind = NeedKind.objects.get(code="ROAMING")
    need = Need.objects.create(customer=whom, kind=kind, source="data", is_suggested=True, collected_at=NOW)
    assert kind.name in client.get(DESK).content.decode()

    ask(client, SUGGESTION, need=need.pk)

    need.refresh_from_db()
    assert need.status == "dropped"


def test_card_asks_for_the_two_fields_worth_most(client, whom):
    asks = client.get(DESK).context["known"].asks

    assert [field.name for field in asks] == ["broadband_carrier", "dual_sim"]


def test_answered_field_makes_room_for_the_next(client, whom):
    part = ask(client, FIELD, field="broadband_carrier", answer="2", seen="0")

    assert [field.name for field in part.context["known"].asks] == ["dual_sim", "birth_date"]
    assert Customer.objects.get(pk=whom.pk).broadband_carrier == 2
    assert FieldCheck.objects.get().after == "2"


def test_survey_is_saved_once_per_call_and_its_need_appears(client, whom):
    answers = {"form": survey_form(), "answer-why_stay": "habit", "answer-wish": "handset"}

    parts = [ask(client, SURVEY, **answers) for _ in range(2)]

    assert [part.status_code for part in parts] == [200, 200]
    assert 'hx-swap-oob="true"' in parts[0].content.decode()
    assert SurveyAnswer.objects.count() == 2
    assert Need.objects.get().kind.code == "HANDSET"
    assert Customer.objects.get(pk=whom.pk).loyalty == Customer.Loyalty.PASSIVE


@pytest.mark.parametrize("values", [{}, {"answer-why_stay": "nonsense"}, {"form": "x"}, {"form": "0"}])
def test_bad_surveys_are_refused_and_keep_what_was_chosen(client, whom, values):
    part = ask(client, SURVEY, **{"form": survey_form()} | values)

    assert part.status_code == 422
    assert 'role="alert"' in part.content.decode()
    assert not SurveyAnswer.objects.exists()


@pytest.mark.parametrize("address", [NEED, SUGGESTION, FIELD, SURVEY])
def test_lost_lease_saves_nothing_and_says_so(client, whom, clock, address):  # noqa: F811
    clock.forward(minutes=4)

    part = ask(client, address, text="换机", field="occupation", answer="教师", form=survey_form())

    assert part.status_code == 409
    assert 'role="alert"' in part.content.decode()
    assert not Need.objects.exists()
    assert not FieldCheck.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "5d1b4a52-0f0e-4d0c-9a51-3f6d2b1f7c11"])
def test_foreign_token_opens_nothing(client, whom, token):
    answer = client.post(NEED, {"token": token, "text": "换机"}, headers=HTMX)

    assert answer.status_code in (409, 422)
    assert not Need.objects.exists()


def test_ages_follow_the_database_clock(client, whom, clock):  # noqa: F811
    clock.forward(seconds=30)
    ask(client, NEED, text="换机")

    assert Need.objects.get().collected_at == NOW + dt.timedelta(seconds=30)
