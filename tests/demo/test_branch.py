"""The structure a real branch shows, each kind of oddity included."""

import numpy as np

from cvm.demo import incidents, ties
from cvm.demo.branch import make_branch
from cvm.demo.life import PORTED_OUT
from cvm.demo.organisation import phone_managers, staff, units


def test_phone_managers_grow_with_the_branch():
    assert [phone_managers(count) for count in (600, 20_000, 1_000_000)] == [4, 4, 100]


def test_every_role_has_a_login():
    roles = {person.role for person in staff(20_000)}
    assert roles == {
        "analyst",
        "phone_manager",
        "team_leader",
        "hall_clerk",
        "hotline_agent",
        "account_manager",
        "admin",
        "auditor",
        "api_client",
    }


def test_units_come_after_their_parents():
    seen = {""}
    for unit in units():
        assert unit.parent in seen
        seen.add(unit.code)


def test_portfolios_are_even_and_hold_the_valuable_only(demo):
    manager = demo.standing.manager
    sizes = np.bincount(manager)[1:]
    assert len(sizes) == 4
    assert sizes.max() - sizes.min() <= 1
    assert ((manager > 0) == demo.standing.is_valuable).all()


def test_cards_are_rare_and_rarer_the_higher(demo):
    silver, gold, diamond = np.bincount(demo.standing.card)[1:]
    assert 0 < diamond < gold < silver < 0.02 * len(demo.branch.people)


def test_some_contracts_end_on_the_days_that_matter(demo):
    bundles = ties.make_bundles(demo.branch)
    running = bundles.end_day[bundles.status == ties.ACTIVE]
    assert all((running == demo.branch.today + days).sum() >= 3 for days in ties.EXACT_DAYS)


def test_bundles_never_end_before_they_start(demo):
    bundles = ties.make_bundles(demo.branch)
    ends = bundles.end_day != ties.NO_DAY
    assert (bundles.end_day[ends] >= bundles.start_day[ends]).all()


def test_spending_and_usage_fall_before_leaving(demo):
    branch = demo.branch
    newest = branch.scenario.closed_rows - 1
    leaves = branch.life.column("leave_customer")[branch.life.column("leave_row") == newest]
    before = branch.bills_fen[-3][leaves].sum() + branch.bills_fen[-2][leaves].sum()
    earlier = branch.bills_fen[-7][leaves].sum() + branch.bills_fen[-6][leaves].sum()
    assert before < 0.85 * earlier


def test_porting_is_asked_for_shortly_before_it_happens(demo):
    branch = demo.branch
    events = incidents.make_events(branch, ties.make_bundles(branch))
    asked = set(events.customer[events.kind == incidents.ELIGIBLE].tolist())
    ported = np.flatnonzero((branch.state == PORTED_OUT) & (branch.leave_day > branch.today - 300))
    assert len(asked.intersection(ported.tolist())) > 0.8 * len(ported)


def test_nothing_happens_after_the_as_of_day(demo):
    branch = demo.branch
    midnight = branch.today * incidents.DAY_SECONDS
    events = incidents.make_events(branch, ties.make_bundles(branch))
    complaints = incidents.make_complaints(branch)
    contacts = incidents.make_contacts(branch, demo.standing)
    for instants in (events.at, complaints.opened, complaints.closed, contacts.ended):
        assert instants.max() < midnight


def test_a_number_in_use_belongs_to_one_customer(demo):
    numbers = demo.branch.number[demo.branch.is_here]
    assert len(np.unique(numbers)) == len(numbers)


def test_reissued_numbers_had_an_owner_who_left_before(demo):
    branch = demo.branch
    assert branch.is_reissued.sum() >= 10
    for new in np.flatnonzero(branch.is_reissued).tolist():
        (old,) = set(np.flatnonzero(branch.number == branch.number[new]).tolist()) - {new}
        assert 0 < branch.leave_day[old] < branch.people.join_day[new]


def test_oddities_are_all_there(demo):
    branch, people = demo.branch, demo.branch.people
    days = people.birth_day[people.birth_day != 0].astype("datetime64[D]").astype(str)
    known = branch.is_known
    assert sum(day.endswith("-02-29") for day in days) > 0
    assert (people.is_special & known).sum() > 50
    assert (~people.is_signed & known).sum() > 300
    assert (branch.missing_row >= 0).sum() >= 3
    assert len(branch.life.column("return_customer")) > 20
    assert (demo.standing.dnd_from > 0).sum() > 100
    assert ((branch.bills_fen[-6] == 40_000) & (branch.bills_fen[-7] < 4_000)).any()


def test_one_scenario_gives_one_branch(demo):
    again = make_branch(demo.scenario)
    assert (again.bills_fen == demo.branch.bills_fen).all()
    assert (again.leave_day == demo.branch.leave_day).all()
