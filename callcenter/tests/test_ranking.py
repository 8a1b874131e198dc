"""What a contact keeps, who may be called, and in which order."""

import numpy as np
import pytest

from callcenter.ranking import (
    is_candidate,
    is_service_call,
    item_priority,
    kept,
    rank_for_managers,
    speaks_of_service_only,
)
from callcenter.task_terms import priority
from customers.tests.frames import make_frame
from offers.eligible import Catalogue, Economics, OfferTerms
from segmentation.models import Layer

CATALOGUE = Catalogue(
    offers=(
        OfferTerms(
            id=7,
            family="contract",
            cost_fen=60_00,
            binding_months=12,
            save_permille=418,
            moment_bits=4,
            priority=10,
            answers_warning=False,
        ),
    ),
    bits_by_urgency=(4,),
)
CARE, RETENTION = 1, 2  # places in CATEGORIES


@pytest.mark.parametrize(
    ("offer_id", "churn_ppm", "expected_fen"),
    [
        (0, 100_000, 27_00 - 6_00),  # 0.1 x 0.30 x 150 x 12 x 0.5 = 27 yuan, less the call
        (7, 1_000_000, 376_20 - 6_00 - 60_00),  # 0.418 x 900 yuan, less the call and the offer
        (0, 0, -6_00),
        (9, 100_000, 27_00 - 6_00),  # an offer no longer in the catalogue counts as none
    ],
)
def test_kept_of_150_yuan_a_month(offer_id, churn_ppm, expected_fen):
    frame = make_frame([{"cum3_fen": 450_00, "churn_ppm": churn_ppm, "offer_id": offer_id}])

    assert kept(frame, CATALOGUE, Economics()).tolist() == [expected_fen]


def test_kept_fits_its_column():
    frame = make_frame([{"cum3_fen": 2**40, "churn_ppm": 1_000_000, "offer_id": 0}])

    column = kept(frame, CATALOGUE, Economics())

    assert column.dtype == np.int32
    assert column.tolist() == [2**31 - 1]


def one(*, hard_block=False, service_block=False, call_priority=4, service_priority=-1, **row):
    base = {"is_in_network": True, "manager_id": 5, "layer": 4, "code": 2, "warning": 0}
    priorities = {"call_priority": call_priority, "service_priority": service_priority}
    return make_frame([base | row]).with_columns(
        hard_block=np.array([hard_block]),
        service_block=np.array([service_block]),
        **{name: np.array([value], dtype=np.int16) for name, value in priorities.items()},
    )


def candidate(**values):
    return bool(is_candidate(one(**values))[0])


def test_a_customer_whose_shown_task_is_a_call_is_a_candidate():
    assert candidate()


@pytest.mark.parametrize(
    "row",
    [
        {"is_in_network": False},
        {"manager_id": 0},
        {"hard_block": True},
        {"call_priority": -1},
        {"layer": Layer.GROUP},  # the group department's
    ],
)
def test_who_is_no_candidate(row):
    assert not candidate(**row)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # whom marketing may not reach is called for service alone, and the item ranks by that
        ({"hard_block": True, "service_priority": 3, "call_priority": 8}, (True, True, True, 8)),
        ({"hard_block": True, "service_priority": 3, "call_priority": -1}, (True, True, True, 3)),
        ({"hard_block": True, "service_block": True, "service_priority": 3}, (False, False, False, 4)),
        ({"service_priority": 4}, (True, True, False, 4)),
        ({"service_priority": 3}, (True, False, False, 4)),
        ({"service_priority": 3, "call_priority": -1}, (True, True, False, 3)),
        ({}, (True, False, False, 4)),
    ],
)
def test_a_call_is_service_where_nothing_else_may_be_said_or_is_as_urgent(values, expected):
    frame = one(**values)

    rules = (is_candidate, is_service_call, speaks_of_service_only, item_priority)
    assert tuple(rule(frame)[0] for rule in rules) == expected


def test_item_ranks_by_the_graver_of_task_and_warning():
    frame = make_frame([{"warning": 1}, {"warning": 3}, {"warning": 0}, {"warning": 2}])
    frame = frame.with_columns(
        call_priority=np.array([priority(2, CARE), 0, 5, priority(2, CARE)], dtype=np.int16),
        service_priority=np.full(4, -1, dtype=np.int16),
        service_block=np.zeros(4, dtype=np.bool_),
    )

    assert item_priority(frame).tolist() == [priority(2, CARE), priority(3, RETENTION), 5, priority(2, RETENTION)]


def ranked(rows, capacity):
    """Return [(id, manager, rank)] of rows (manager, level, layer, kept, id); all are retention."""
    manager, level, layer, money, ids = (np.array(column) for column in zip(*rows, strict=True))
    positions, ranks = rank_for_managers(
        manager=manager,
        priority=priority(level, RETENTION),
        layer=layer,
        kept_fen=money,
        id=ids,
        capacity=capacity,
    )
    return [(int(ids[row]), int(manager[row]), int(rank)) for row, rank in zip(positions, ranks, strict=True)]


def test_order_is_level_then_strategic_then_money_then_id():
    rows = [
        (1, 1, 1, 900, 10),
        (1, 3, 4, 5, 11),
        (1, 3, 2, 7, 12),
        (1, 3, 1, -4, 13),
        (1, 2, 3, 50, 15),
        (1, 2, 2, 50, 14),
    ]

    assert [one for one, _, _ in ranked(rows, {1: 99})] == [13, 12, 11, 14, 15, 10]


def test_retention_comes_before_care_at_equal_level_and_layer():
    two = {name: np.array([3, 3]) for name in ("manager", "layer")} | {"id": np.array([1, 2])}

    rows, _ranks = rank_for_managers(
        **two,
        priority=priority(np.array([2, 2]), np.array([CARE, RETENTION])),
        kept_fen=np.array([9, 1]),
        capacity={3: 2},
    )

    assert rows.tolist() == [1, 0]


def test_each_manager_has_ranks_from_one_up_to_capacity():
    rows = [(2, 1, 4, 10 - one, one) for one in range(1, 5)] + [(1, 1, 4, 10 - one, one) for one in range(5, 9)]

    assert ranked(rows, {1: 2, 2: 3}) == [(5, 1, 1), (6, 1, 2), (1, 2, 1), (2, 2, 2), (3, 2, 3)]


def test_managers_without_capacity_get_nothing():
    rows = [(1, 1, 4, 10, 1), (2, 1, 4, 10, 2), (3, 1, 4, 10, 3)]

    assert ranked(rows, {1: 0, 3: 5}) == [(3, 3, 1)]


def test_order_does_not_depend_on_the_order_of_arrival():
    random = np.random.default_rng(11)
    rows = [
        (
            int(random.integers(1, 6)),
            int(random.integers(0, 4)),
            int(random.integers(1, 5)),
            int(random.integers(0, 9)),
            one,
        )
        for one in range(300)
    ]
    capacity = dict.fromkeys(range(1, 6), 20)

    assert ranked([rows[place] for place in random.permutation(300)], capacity) == ranked(rows, capacity)


def test_the_best_of_the_parts_hold_the_best_of_all():
    random = np.random.default_rng(12)
    rows = [(1, int(random.integers(0, 4)), 4, int(random.integers(0, 99)), one) for one in range(200)]
    best = {one for part in (rows[:90], rows[90:]) for one, _, _ in ranked(part, {1: 30})}

    assert ranked([row for row in rows if row[4] in best], {1: 30}) == ranked(rows, {1: 30})


def test_nobody_to_rank_gives_empty_queues():
    nothing = np.zeros(0, dtype=np.int64)

    positions, ranks = rank_for_managers(
        manager=nothing, priority=nothing, layer=nothing, kept_fen=nothing, id=nothing, capacity={1: 5}
    )

    assert (len(positions), len(ranks)) == (0, 0)
