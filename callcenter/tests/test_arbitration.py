"""Arbitration: the order, one task shown, what stays silent, who owns what, and the control group."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter import arbitration
from callcenter.arbitration import arbitrate
from callcenter.reaching import channel_of
from callcenter.task_terms import CHANNELS, CONSENT, ROLES, WARNING_BIT, OpenTasks, kind_table, priority
from callcenter.ways import MESSAGES, NAMED, next_ways
from customers.tests.frames import make_frame
from lifecycle.models import MomentKind

KINDS = [
    {
        "pk": 100 + bit,
        "code": code,
        "bit": bit,
        "category": code[0],
        "channel_ab": ab,
        "channel_c": c,
        "channel_strategic": strategic,
        "owner_role": owner,
        "is_service": code == "A8",
    }
    for bit, (code, ab, c, strategic, owner) in enumerate(
        [
            ("C1", "call", "sms", "", "phone_manager"),
            ("C2", "call", "call", "", "phone_manager"),
            ("A2", "sms", "sms", "call", "system"),
            ("A8", "call", "sms", "", "phone_manager"),
            ("B1", "call", "app", "", "phone_manager"),
            ("B3", "call", "sms", "", "phone_manager"),
            ("B9", "in_contact", "none", "", "hall"),
            ("C9", "visit", "none", "", "account_manager"),
            ("B7", "app", "sms", "", "system"),
            ("A7", "sms", "sms", "call", "system"),
            ("C5", "call", "none", "", "phone_manager"),
            ("A9", "in_contact", "none", "", "hotline"),
        ]
    )
]
BIT = {kind["code"]: kind["bit"] for kind in KINDS}
TABLE = kind_table(KINDS)
NORMAL, YELLOW, ORANGE, RED = 0, 1, 2, 3
SILENT = {"may_call": False, "may_sms": False, "may_app": False}  # listed, or no consent: service passes


def frame_of(*rows):
    """Return a frame of reachable customers with a manager (7), an account manager (8), a hall (4) and a county (3)."""
    base = {"code": 2, "layer": 3, "manager_id": 7, "hall_id": 4, "county_id": 3, "id": 1}
    base |= {"account_manager_id": 8, "open_complaint_level": 0, "complaints_30d": 0, "has_refused": False}
    base |= {"may_call": True, "may_sms": True, "may_app": True, "warning": 0, "score": 0, "settled_level": -1}
    base |= {"is_in_network": True, "may_serve": True, "contact_day": 0, "hall_visit_day": 0}
    rows = rows or ({},)
    columns = {name: np.array([row.get(name, value) for row in rows]) for name, value in base.items()}
    columns["id"] = np.array([row.get("id", place + 1) for place, row in enumerate(rows)])
    return make_frame([{} for _ in rows]).with_columns(**columns)


def found_of(*hits):
    """Return found moments of (position, code, level)."""
    values = [(position, BIT[code], level) for position, code, level in hits]
    columns = np.array(values, dtype=np.int64).reshape(-1, 3).T
    rest = {name: np.zeros(len(hits), dtype=np.int32) for name in ("value", "reference")}
    return {"position": columns[0], "bit": columns[1], "level": columns[2], "deadline_hours": columns[1] + 1, **rest}


def waiting_of(*tasks):
    """Return open tasks of (position, code, level, channel)."""
    rows = [
        (p, BIT[code], priority(level, TABLE.category[BIT[code]]), CHANNELS.index(channel), 0)
        for p, code, level, channel in tasks
    ]
    return OpenTasks(*np.array(rows, dtype=np.int64).reshape(-1, 5).T)


def said(tasks):
    """Return {code: shown} of the proposed tasks, controls left out."""
    codes = {bit: code for code, bit in BIT.items()} | {WARNING_BIT: "warning"}
    rows = zip(tasks["bit"].tolist(), tasks["is_lead"].tolist(), tasks["is_control"].tolist(), strict=True)
    return {codes[bit]: shown for bit, shown, control in rows if not control}


def test_the_words_of_channels_and_roles_are_those_of_the_catalogue():
    assert set(CHANNELS[1:]) == set(MomentKind.Channel.values)
    assert set(ROLES[1:]) == set(MomentKind.Owner.values)


def test_red_comes_before_yellow_and_retention_before_care():
    found = found_of((0, "C1", YELLOW), (0, "A8", ORANGE), (0, "C2", ORANGE))

    assert said(arbitrate(frame_of(), found, OpenTasks.none(), TABLE)) == {"C1": False, "A8": False, "C2": True}


def test_a_kind_that_waits_is_not_proposed_again():
    tasks = arbitrate(frame_of(), found_of((0, "C1", RED)), waiting_of((0, "C1", YELLOW, "call")), TABLE)

    assert len(tasks["bit"]) == 0


@pytest.mark.parametrize(("level", "shown"), [(YELLOW, False), (ORANGE, False), (RED, True)])
def test_only_what_is_graver_is_shown_before_what_waits(level, shown):
    tasks = arbitrate(frame_of(), found_of((0, "C2", level)), waiting_of((0, "C1", ORANGE, "call")), TABLE)

    assert said(tasks) == {"C2": shown}


@pytest.mark.parametrize(
    "customer",
    [{"open_complaint_level": 1}, {"complaints_30d": 1}, {"has_refused": True}],
    ids=lambda row: next(iter(row)),
)
def test_marketing_is_silent_after_complaints_and_refusals(customer):
    found = found_of((0, "B3", YELLOW), (0, "A8", YELLOW))

    assert said(arbitrate(frame_of(customer), found, OpenTasks.none(), TABLE)) == {"A8": True}


def test_marketing_is_silent_beside_retention_open_or_new():
    beside_new = arbitrate(frame_of(), found_of((0, "B3", RED), (0, "C1", YELLOW)), OpenTasks.none(), TABLE)
    beside_open = arbitrate(frame_of(), found_of((0, "B3", RED)), waiting_of((0, "C1", YELLOW, "call")), TABLE)

    assert (said(beside_new), said(beside_open)) == ({"C1": True}, {})


@pytest.mark.parametrize(
    ("customer", "code", "expected"),
    [
        ({"code": 2}, "C1", ("call", "phone_manager", 7, 0, 0)),
        ({"code": 3}, "C1", ("sms", "system", 0, 0, 0)),
        ({"layer": 2}, "C1", ("call", "account_manager", 8, 0, 0)),
        ({"layer": 2, "account_manager_id": 0}, "C1", ("call", "account_manager", 0, 0, 0)),
        ({"manager_id": 0}, "C1", ("call", "phone_manager", 0, 0, 0)),
        ({"layer": 1}, "C1", ("call", "phone_manager", 7, 0, 8)),
        ({"layer": 1}, "A2", ("call", "phone_manager", 7, 0, 8)),
        ({}, "A2", ("sms", "system", 0, 0, 0)),
        ({}, "B9", ("in_contact", "hall", 0, 4, 0)),
        ({"hall_id": 0}, "B9", ("in_contact", "hall", 0, 3, 0)),
        ({"contact_day": 9, "hall_visit_day": 8}, "A9", ("in_contact", "hotline", 0, 0, 0)),
        ({"contact_day": 9, "hall_visit_day": 9}, "A9", ("in_contact", "hall", 0, 4, 0)),
        ({}, "C9", ("visit", "account_manager", 8, 0, 0)),
    ],
)
def test_channel_and_owner(customer, code, expected):
    tasks = arbitrate(frame_of(customer), found_of((0, code, ORANGE)), OpenTasks.none(), TABLE)

    names = CHANNELS[tasks["channel"][0]], ROLES[tasks["owner_role"][0]]
    assert (*names, tasks["owner"][0], tasks["unit"][0], tasks["copied"][0]) == expected


def test_the_account_manager_is_copied_on_grave_tasks_only():
    tasks = arbitrate(frame_of({"layer": 1}), found_of((0, "C1", YELLOW)), OpenTasks.none(), TABLE)

    assert tasks["copied"].tolist() == [0]


@pytest.mark.parametrize(
    ("customer", "code"),
    [
        (SILENT, "C1"),
        (SILENT | {"code": 3}, "C1"),
        (SILENT | {"may_call": True, "code": 3}, "C1"),  # never up from a message to a call
        (SILENT | {"may_call": True, "code": 3}, "B1"),
        ({"code": 3}, "C9"),
        ({"may_call": False}, "C5"),  # no message in the playbook
        (SILENT | {"may_serve": False}, "A8"),  # no contact at all
    ],
)
def test_whom_the_gate_never_lets_us_reach_gets_no_task(customer, code):
    assert said(arbitrate(frame_of(customer), found_of((0, code, RED)), OpenTasks.none(), TABLE)) == {}


@pytest.mark.parametrize(
    ("customer", "code", "expected"),
    [
        ({}, "B1", ("call", "", "phone_manager")),
        ({"may_call": False}, "B1", ("app", "call", "system")),
        ({"may_call": False, "may_app": False}, "B1", ("sms", "call", "system")),
        ({"code": 3, "may_app": False}, "B1", ("sms", "app", "system")),
        ({"may_app": False}, "B7", ("sms", "app", "system")),
        ({"may_call": False}, "C2", ("sms", "call", "system")),
        ({"code": 3, "may_call": False}, "C2", ("sms", "call", "system")),
        ({"code": 3, "may_sms": False}, "A7", ("ivr", "sms", "system")),
        ({"code": 3, "may_sms": False, "may_call": False}, "C1", ("app", "sms", "system")),
        ({"layer": 1, "may_call": False}, "A7", ("sms", "call", "system")),
    ],
)
def test_a_refused_channel_gives_way_to_the_playbooks_next_message(customer, code, expected):
    # 18 is in no control group
    tasks = arbitrate(frame_of(customer | {"id": 18}), found_of((0, code, ORANGE)), OpenTasks.none(), TABLE)

    places = tasks["channel"][0], tasks["wanted"][0]
    assert (*(CHANNELS[place] for place in places), ROLES[tasks["owner_role"][0]]) == expected


@pytest.mark.parametrize(("code", "channel"), [(2, "call"), (3, "sms")])
def test_service_comes_by_its_own_way_without_consent(code, channel):
    tasks = arbitrate(frame_of(SILENT | {"code": code}), found_of((0, "A8", ORANGE)), OpenTasks.none(), TABLE)

    assert (CHANNELS[tasks["channel"][0]], tasks["wanted"].tolist()) == (channel, [0])


def test_service_priority_is_that_of_the_service_calls_shown_or_not():
    frame = frame_of({}, {}, {"code": 3}, {})
    waiting = waiting_of((3, "A8", ORANGE, "call"), (1, "C1", RED, "call"))
    tasks = arbitrate(frame, found_of((0, "A8", YELLOW), (0, "C1", RED), (2, "A8", RED)), waiting, TABLE)

    found = arbitration.service_priority(frame, tasks, waiting, TABLE)

    assert found.tolist() == [priority(1, 1), -1, -1, priority(2, 1)]


def test_a_kind_without_contact_gets_no_second_way():
    kinds = kind_table([kind | {"channel_ab": "none"} for kind in KINDS])

    assert said(arbitrate(frame_of({"may_call": False}), found_of((0, "C1", RED)), OpenTasks.none(), kinds)) == {}


def test_ways_are_those_of_the_catalogue_and_only_messages_come_second():
    channels = set(MomentKind.Channel.values)

    assert set(MESSAGES) <= channels
    for code, named in NAMED.items():
        assert all(set(ways) <= channels for ways in named)
        after = [way for ways in next_ways(code, channel_ab=named[0][0], channel_c=named[1][0]) for way in ways]
        assert set(after) <= set(MESSAGES)


def test_a_channel_an_editor_chose_has_no_second_way_of_the_playbook():
    assert next_ways("B1", channel_ab="call", channel_c="sms") == (["sms", "app"], ["sms", "app"])
    assert next_ways("B1", channel_ab="call", channel_c="hotline") == ([], [])
    assert next_ways("A1", channel_ab="call", channel_c="sms") == (["sms"], ["sms"])


def test_the_control_group_is_small_stable_and_never_of_care_or_retention():
    customers = np.arange(1, 40_001)
    chosen = arbitration.is_control(customers, np.full(40_000, BIT["B1"]), TABLE)

    assert 0.04 < chosen.mean() < 0.06
    assert (chosen == arbitration.is_control(customers, np.full(40_000, BIT["B1"]), TABLE)).all()
    for code in ("A8", "B3", "C1"):
        assert not arbitration.is_control(customers, np.full(40_000, BIT[code]), TABLE).any()


def test_a_control_is_never_shown_and_stands_in_nobodys_way():
    member = int(np.flatnonzero(arbitration.is_control(np.arange(10_000), np.full(10_000, BIT["B1"]), TABLE))[0])
    tasks = arbitrate(frame_of({"id": member}), found_of((0, "B1", RED), (0, "B3", NORMAL)), OpenTasks.none(), TABLE)

    assert said(tasks) == {"B3": True}
    assert tasks["is_control"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("customer", "found", "waiting", "is_warned"),
    [
        ({"warning": RED}, [], [], True),
        ({"warning": RED, "layer": 4, "code": 3}, [], [], False),  # not worth a call
        ({"warning": RED}, [(0, "C1", YELLOW)], [], False),  # a call is found already
        ({"warning": RED}, [(0, "A2", YELLOW)], [], True),  # a message is no call
        ({"warning": RED}, [], [(0, "A8", YELLOW, "call")], False),
        ({"warning": ORANGE, "settled_level": ORANGE}, [], [], False),
        ({"warning": RED, "settled_level": ORANGE}, [], [], True),
        ({"warning": 0}, [], [], False),
    ],
)
def test_a_warning_needs_a_call_of_its_own(customer, found, waiting, is_warned):
    hours = np.array([0, 72, 24, 4])

    rows = arbitration.warned(frame_of(customer), found_of(*found), waiting_of(*waiting), TABLE, hours)

    assert bool(len(rows["position"])) is is_warned


def test_calls_are_ranked_by_the_task_that_is_shown():
    frame = frame_of({}, {"code": 3}, {"layer": 2}, {})
    waiting = waiting_of((3, "A8", ORANGE, "call"))
    tasks = arbitrate(
        frame, found_of((0, "C1", RED), (1, "C1", RED), (2, "C1", RED), (3, "C1", YELLOW)), waiting, TABLE
    )

    found = arbitration.call_priority(frame, tasks, waiting)

    assert found.tolist() == [priority(3, 2), -1, -1, priority(2, 1)]


HITS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(sorted(BIT)), st.integers(0, 3)), max_size=20)
CUSTOMERS = st.fixed_dictionaries(
    {
        "code": st.integers(1, 3),
        "layer": st.integers(1, 4),
        "may_call": st.booleans(),
        "may_sms": st.booleans(),
        "may_app": st.booleans(),
        "may_serve": st.booleans(),
        "complaints_30d": st.integers(0, 1),
        "has_refused": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(customers=st.lists(CUSTOMERS, min_size=5, max_size=5), hits=HITS, waiting=HITS)
def test_nobody_ever_has_two_tasks_of_a_kind_two_shown_or_a_contact_the_gate_refuses(customers, hits, waiting):
    frame = frame_of(*customers)
    open_tasks = waiting_of(*{(p, code): (p, code, level, "call") for p, code, level in waiting}.values())
    found = found_of(*{(p, code): (p, code, level) for p, code, level in hits}.values())

    tasks = arbitrate(frame, found, open_tasks, TABLE)

    kinds = [*zip(open_tasks.position.tolist(), open_tasks.bit.tolist(), strict=True)]
    kinds += zip(tasks["position"].tolist(), tasks["bit"].tolist(), strict=True)
    assert len(kinds) == len(set(kinds))
    shown = tasks["position"][tasks["is_lead"]].tolist()
    assert len(shown) == len(set(shown))
    for position, bit, channel in zip(*(tasks[name].tolist() for name in ("position", "bit", "channel")), strict=True):
        needed = CONSENT.get(CHANNELS[channel])
        assert channel
        assert CHANNELS[channel] != "none"
        serves = TABLE.is_service[bit] and frame["may_serve"][position]
        assert needed is None or frame[f"may_{needed}"][position] or serves
    wanted = channel_of(frame, tasks["position"], tasks["bit"], TABLE)
    for taken, first, refused in zip(tasks["channel"], wanted, tasks["wanted"], strict=True):
        assert refused == (first if taken != first else 0)
        assert taken == first or CHANNELS[taken] in MESSAGES


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hits=HITS, levels=st.lists(st.integers(0, 3), min_size=5, max_size=5))
def test_one_row_is_decided_as_among_many(hits, levels):
    rows = [{"code": 1 + place % 3, "id": 50 + place, "warning": level} for place, level in enumerate(levels)]
    found = found_of(*{(p, code): (p, code, level) for p, code, level in hits}.values())
    together = arbitrate(frame_of(*rows), found, OpenTasks.none(), TABLE)

    for place, row in enumerate(rows):
        mine = found["position"] == place
        alone = {name: values[mine] for name, values in found.items()} | {"position": np.zeros(mine.sum(), np.int64)}
        single = arbitrate(frame_of(row), alone, OpenTasks.none(), TABLE)
        chosen = together["position"] == place
        for name in ("bit", "channel", "wanted", "owner_role", "owner", "priority", "is_lead", "is_control"):
            assert single[name].tolist() == together[name][chosen].tolist()
