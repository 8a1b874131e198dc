"""Every rule of the gate at its boundary instant, who is exempt, and when it opens again."""

import datetime as dt

import numpy as np
import pytest
from django.utils import timezone, translation

from customers.models import Branch, Consent, Customer, DoNotDisturb
from customers.tests.frames import make_frame
from cvm.lib.workdays import SHANGHAI
from retention.gate import (
    MESSAGES,
    ContactHistory,
    Facts,
    Purpose,
    Rule,
    hard_block_columns,
    judge,
    judge_home,
    may_contact,
)
from retention.policies import ContactTerms

HOURS = {
    "workday": [["09:00", "12:00"], ["14:00", "20:00"]],
    "restday": [["10:00", "12:00"], ["15:00", "19:00"]],
}
TERMS = ContactTerms(monthly_cap=2, five_star_cap=1, cap_days=30, refusal_days=15, hours=HOURS)
NOON = dt.datetime(2026, 11, 23, 11, 0, tzinfo=SHANGHAI)  # a Monday
WILLING = {"has_consent": True}
NOBODY = ContactHistory()


def ask(*, channel="call", purpose="marketing", at=NOON, history=NOBODY, **facts):
    return judge(Facts(**(WILLING | facts)), history, TERMS, channel=channel, purpose=purpose, at=at)


def before(**span):
    return NOON - dt.timedelta(**span)


def test_a_willing_customer_may_be_called_at_once():
    verdict = ask()

    assert (verdict.allowed, verdict.rule, verdict.next_allowed_at) == (True, Rule.ALLOWED, NOON)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"is_black_listed": True}, Rule.BLACK_LIST),
        ({"is_red_listed": True}, Rule.RED_LIST),
        ({"is_special": True}, Rule.SPECIAL_USER),
        ({"is_sensitive": True}, Rule.SENSITIVE),
        ({"has_consent": False}, Rule.NO_CONSENT),
        ({"do_not_disturb": ((1, None),)}, Rule.MARKETING_DND),
    ],
)
def test_standing_rules_stop_marketing_for_good_and_let_service_pass(facts, rule):
    verdict = ask(**facts)

    assert (verdict.allowed, verdict.rule, verdict.next_allowed_at) == (False, rule, None)
    assert ask(purpose="service", **facts).allowed


def test_no_contact_at_all_stops_service_too():
    assert ask(purpose="service", do_not_disturb=((2, None),)).rule == Rule.CONTACT_DND


def test_a_do_not_disturb_with_an_end_opens_in_the_next_window():
    until = dt.datetime(2026, 11, 28, 3, 0, tzinfo=SHANGHAI)  # a Saturday night

    verdict = ask(do_not_disturb=((1, until),))

    assert verdict.next_allowed_at == dt.datetime(2026, 11, 28, 10, 0, tzinfo=SHANGHAI)


TOMORROW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=SHANGHAI)
MIDNIGHT = dt.datetime(2026, 11, 23, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("spoken_at", "said"),
    [
        (NOON, (Rule.HOUSEHOLD, TOMORROW)),
        (MIDNIGHT, (Rule.HOUSEHOLD, TOMORROW)),
        (MIDNIGHT - dt.timedelta(seconds=1), (Rule.ALLOWED, NOON)),
        (NOON + dt.timedelta(seconds=1), (Rule.ALLOWED, NOON)),
    ],
)
def test_household_spoken_to_today_waits_for_tomorrow(spoken_at, said):
    history = ContactHistory(home_spoken_at=spoken_at)

    for verdict in (ask(history=history), judge_home(history, TERMS, at=NOON)):
        assert (verdict.rule, verdict.next_allowed_at) == said
    assert ask(history=history, purpose="service").allowed
    assert ask(history=history, channel="sms").allowed


def test_household_in_a_colleague_s_hand_waits_until_they_are_through():
    until = NOON + dt.timedelta(minutes=3)
    history = ContactHistory(home_taken_until=until)

    assert (ask(history=history).rule, ask(history=history).next_allowed_at) == (Rule.HOME_TAKEN, until)
    assert judge_home(history, TERMS, at=until).allowed


def test_the_most_severe_rule_speaks():
    assert ask(is_black_listed=True, do_not_disturb=((2, None),), has_consent=False).rule == Rule.CONTACT_DND


@pytest.mark.parametrize(
    ("contacts", "allowed"),
    [
        ((before(days=1),), True),
        ((before(days=1), before(days=29, hours=23, minutes=59)), False),
        ((before(days=1), before(days=30)), True),  # exactly thirty days ago no longer counts
        ((before(days=1), before(days=2), before(days=3)), False),
    ],
)
def test_monthly_cap_counts_a_window_of_thirty_days(contacts, allowed):
    verdict = ask(history=ContactHistory(contacts=contacts))

    assert verdict.allowed is allowed
    assert verdict.rule == (Rule.ALLOWED if allowed else Rule.MONTHLY_CAP)


def test_cap_opens_when_the_contact_that_fills_it_leaves_the_window():
    history = ContactHistory(contacts=(before(days=3), before(days=10), before(days=20)))

    verdict = ask(history=history)

    assert verdict.next_allowed_at == before(days=10) + dt.timedelta(days=30)
    assert ask(history=history, at=verdict.next_allowed_at).allowed
    assert verdict.evidence == {"contacts": 3, "days": 30, "cap": 2}


def test_five_stars_are_called_once():
    history = ContactHistory(contacts=(before(days=3),))

    assert ask(history=history, star_level=4).allowed
    assert ask(history=history, star_level=5).rule == Rule.MONTHLY_CAP


def test_service_is_exempt_from_cap_refusal_and_tries():
    history = ContactHistory(
        contacts=(before(days=1), before(days=2)), refusals=(before(days=1),), unanswered=(before(minutes=5),)
    )

    assert ask(history=history).allowed is False
    assert ask(history=history, purpose="service").allowed


@pytest.mark.parametrize(("ago", "allowed"), [({"days": 14, "hours": 23}, False), ({"days": 15}, True)])
def test_refusal_cools_down_fifteen_days(ago, allowed):
    verdict = ask(history=ContactHistory(refusals=(before(**ago), before(days=60))))

    assert verdict.allowed is allowed
    assert allowed or verdict.rule == Rule.REFUSED


def test_unanswered_calls_need_a_gap_and_then_a_pause():
    assert ask(history=ContactHistory(unanswered=(before(hours=1, minutes=59),))).rule == Rule.NOT_REACHED
    assert ask(history=ContactHistory(unanswered=(before(hours=2),))).allowed
    three = ContactHistory(unanswered=(before(days=1), before(days=2), before(days=4)))
    assert ask(history=three).next_allowed_at == before(days=4) + dt.timedelta(days=5)


def test_unanswered_calls_do_not_stop_a_message():
    assert ask(channel="sms", history=ContactHistory(unanswered=(before(minutes=5),))).allowed


def test_messages_have_their_own_cap_and_hours():
    four = ContactHistory(contacts=tuple(before(days=day) for day in range(1, 5)))

    assert ask(channel="sms", history=four).rule == Rule.MONTHLY_CAP
    assert ask(channel="sms", at=NOON.replace(hour=13)).allowed
    assert ask(channel="sms", at=NOON.replace(hour=20)).rule == Rule.QUIET_HOURS


@pytest.mark.parametrize("purpose", Purpose.values)
def test_quiet_hours_bind_every_purpose(purpose):
    verdict = ask(purpose=purpose, at=NOON.replace(hour=12))

    assert (verdict.allowed, verdict.rule) == (False, Rule.QUIET_HOURS)
    assert verdict.next_allowed_at == NOON.replace(hour=14)


@pytest.mark.parametrize("purpose", Purpose.values)
def test_nobody_is_called_on_the_first_day_of_the_spring_festival(purpose):
    verdict = ask(purpose=purpose, at=dt.datetime(2026, 2, 17, 10, 30, tzinfo=SHANGHAI))

    assert verdict.rule == Rule.SPRING_FESTIVAL
    assert verdict.next_allowed_at == dt.datetime(2026, 2, 18, 10, 0, tzinfo=SHANGHAI)


def test_a_make_up_workday_has_the_hours_of_a_workday():
    assert ask(at=dt.datetime(2026, 2, 14, 9, 0, tzinfo=SHANGHAI)).allowed
    assert ask(at=dt.datetime(2026, 11, 21, 9, 0, tzinfo=SHANGHAI)).rule == Rule.QUIET_HOURS


def test_the_next_time_satisfies_every_rule_at_once():
    history = ContactHistory(refusals=(before(days=14),), contacts=(before(days=5), before(days=6)))
    evening = NOON.replace(hour=21)

    verdict = ask(history=history, at=evening)

    assert verdict.rule == Rule.REFUSED
    assert verdict.next_allowed_at == before(days=6) + dt.timedelta(days=30)


def test_unknown_purposes_are_an_error():
    with pytest.raises(ValueError, match="selling"):
        ask(purpose="selling")


def test_every_rule_has_a_sentence():
    assert set(MESSAGES) == set(Rule)


def test_sentences_carry_their_values():
    verdict = ask(history=ContactHistory(contacts=(before(days=1), before(days=2))))

    with translation.override("en"):
        assert verdict.message == "Contacted 2 times in 30 days; at most 2 are allowed."


def test_hard_block_names_everybody_who_never_reaches_a_list():
    names = ("do_not_call", "is_red_listed", "is_black_listed", "is_special", "is_sensitive")
    frame = make_frame([{}, *({name: True} for name in names), {"has_call_consent": False}])

    assert hard_block_columns(frame).tolist() == [False] + [True] * 6
    assert hard_block_columns(frame).dtype == np.bool_


def test_service_reaches_all_but_who_wants_no_contact_at_all():
    names = ("do_not_call", "is_red_listed", "is_black_listed", "is_special", "is_sensitive")
    rows = [{}, *({name: True} for name in names), {"has_call_consent": False}, {"do_not_contact": True}]

    assert hard_block_columns(make_frame(rows), purpose=Purpose.SERVICE).tolist() == [False] * 7 + [True]


# --- with the database ---------------------------------------------------------------------------


@pytest.fixture
def customer(db):
    county = Branch.objects.create(code="C01", name="County", kind=Branch.Kind.COUNTY)
    found = Customer.objects.create(
        id=1, user_code="u1", msisdn="13800000001", join_date=dt.date(2015, 1, 1), county=county
    )
    Consent.objects.create(customer=found, channel="call", is_given=True, said_at=before(days=90), source="test")
    return found


def asked(customer, **changes):
    arguments = {"channel": "call", "purpose": "marketing", "at": NOON, "history": NOBODY} | changes
    return may_contact(customer, **arguments)


def test_may_contact_reads_the_facts_in_three_queries(customer, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert asked(customer).allowed


def test_may_contact_takes_silence_and_no_as_no(customer):
    assert asked(customer, channel="sms").rule == Rule.NO_CONSENT
    Consent.objects.update(is_given=False)
    assert asked(customer).rule == Rule.NO_CONSENT


@pytest.mark.parametrize(
    ("starts", "ends", "rule"),
    [
        (before(days=1), None, Rule.MARKETING_DND),
        (NOON, None, Rule.MARKETING_DND),
        (before(days=9), NOON + dt.timedelta(seconds=1), Rule.MARKETING_DND),
        (before(days=9), NOON, Rule.ALLOWED),
        (NOON + dt.timedelta(seconds=1), None, Rule.ALLOWED),
    ],
)
def test_may_contact_heeds_the_periods_in_force(customer, starts, ends, rule):
    DoNotDisturb.objects.create(customer=customer, scope=1, starts_at=starts, ends_at=ends, source="test")

    assert asked(customer).rule == rule


def test_may_contact_reads_the_lists(customer):
    customer.is_black_listed = True

    assert asked(customer, at=timezone.now()).rule == Rule.BLACK_LIST
