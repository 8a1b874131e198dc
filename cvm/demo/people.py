"""Who the customers are: everything that does not change, or changes too slowly to matter here."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from cvm.demo import calendar
from cvm.demo.organisation import COUNTIES
from cvm.demo.scenario import Scenario

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

NEW_SHARE = 0.30  # of all customers: joined inside the simulated months
LEVEL_SPREAD = 0.74
FIRST_NUMBER = 154_0000_0000  # a prefix no operator has been given
FIRST_USER = 8_600_000_001
SINGLE, BOTH_OURS, OURS_MAIN, OTHER_MAIN = 1, 2, 3, 4


@dataclass(frozen=True)
class People:
    """One value per customer. Days are day numbers, months are simulated rows (negative = before the simulation)."""

    join_row: Ints
    join_day: Ints
    birth_day: Ints
    number: npt.NDArray[np.int64]
    county: Ints
    hall: Ints
    gender: Ints
    level: Floats
    talk: Floats
    surf: Floats
    frailty: Floats
    inertia: Floats
    dual_sim: Ints
    broadband: Ints
    group: Ints
    family: Ints
    is_special: Bools
    is_signed: Bools
    pays_late: Bools
    complains: Floats
    contract_taste: Floats
    bill_day: Ints

    def __len__(self) -> int:
        return len(self.level)

    def take(self, rows: npt.NDArray[np.integer]) -> People:
        """Return the people of the chosen rows."""
        return People(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def make_people(scenario: Scenario) -> People:
    """Return the customers of a scenario, those still to join included."""
    count = scenario.customers
    random = scenario.random("people")
    join_row = _join_rows(scenario, random)
    join_day = calendar.day_in(scenario.first_month + join_row, random.integers(1, 32, count))
    county = _pick(random, count, [share for _code, _name, share, _halls in COUNTIES])
    group, family = _groups(scenario, random), _families(scenario, county)
    frailty = _normal(random, count)
    return People(
        join_row=join_row,
        join_day=np.minimum(join_day, _newest_join(scenario)),
        birth_day=_birth_days(scenario, random),
        number=FIRST_NUMBER + (np.arange(count, dtype=np.int64) * 7919 + 13) % 10**8,
        county=county,
        hall=_halls_of(county, random),
        gender=_pick(random, count, [0.02, 0.53, 0.45]),
        level=LEVEL_SPREAD * _normal(random, count) + 0.10 * (group >= 0),
        talk=random.gamma(2.2, 1 / 2.2, count).astype(np.float32),
        surf=random.gamma(1.8, 1 / 1.8, count).astype(np.float32),
        frailty=frailty,
        inertia=_normal(random, count),
        dual_sim=1 + _pick(random, count, [0.66, 0.10, 0.17, 0.07]),
        broadband=_pick(random, count, [0.44, 0.40, 0.16]),
        group=group,
        family=family,
        is_special=(random.random(count) < 0.006) & (group < 0) & (family < 0),
        is_signed=random.random(count) >= 0.03,
        pays_late=random.random(count) < 0.08,
        complains=np.exp(0.7 * _normal(random, count)),
        contract_taste=random.random(count, dtype=np.float32),
        bill_day=random.integers(1, 29, count).astype(np.int32),
    )


def _normal(random: np.random.Generator, count: int) -> Floats:
    return random.standard_normal(count, dtype=np.float32)


def _pick(random: np.random.Generator, count: int, shares: list[float]) -> Ints:
    edges = np.cumsum(shares)
    return np.minimum(np.searchsorted(edges, random.random(count), side="right"), len(shares) - 1).astype(np.int32)


def _join_rows(scenario: Scenario, random: np.random.Generator) -> Ints:
    """Return the joining row: most joined long ago, the rest evenly over the months up to the as-of month."""
    count = scenario.customers
    old = -1 - np.minimum(random.exponential(55, count), 290).astype(np.int32)
    part_of_month = scenario.as_of.day / 31
    new = (random.random(count) * (scenario.closed_rows + part_of_month)).astype(np.int32)
    return np.where(random.random(count) < NEW_SHARE, new, old).astype(np.int32)


def _newest_join(scenario: Scenario) -> int:
    return int(np.datetime64(scenario.as_of).astype("datetime64[D]").astype(np.int64))


def _birth_days(scenario: Scenario, random: np.random.Generator) -> Ints:
    """Return birth dates; every real calendar day can come up, 29 February too; one in fifty is unknown (0)."""
    age_years = np.clip(random.normal(41, 14, scenario.customers), 16, 92)
    days = _newest_join(scenario) - (age_years * 365.2425).astype(np.int32)
    return np.where(random.random(scenario.customers) < 0.02, 0, days).astype(np.int32)


def _halls_of(county: Ints, random: np.random.Generator) -> Ints:
    """Return the usual hall as a position in `organisation.halls()`."""
    sizes = np.array([len(halls) for _code, _name, _share, halls in COUNTIES])
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return (first[county] + (random.random(len(county)) * sizes[county]).astype(np.int32)).astype(np.int32)


def _groups(scenario: Scenario, random: np.random.Generator) -> Ints:
    """Return the group number of each customer (-1 none); a few groups are large, most are small."""
    count = scenario.customers
    groups = group_count(scenario)
    weights = 1 / np.arange(1, groups + 1) ** 0.6
    member = np.searchsorted(np.cumsum(weights / weights.sum()), random.random(count))
    return np.where(random.random(count) < 0.14, np.minimum(member, groups - 1), -1).astype(np.int32)


def group_count(scenario: Scenario) -> int:
    """Return how many group accounts a branch of this size serves."""
    return max(12, scenario.customers // 150)


def _families(scenario: Scenario, county: Ints) -> Ints:
    """Return the family number of each customer (-1 none): two to four people of one county."""
    random = scenario.random("families")
    chosen = np.flatnonzero(random.random(scenario.customers) < 0.20)
    chosen = chosen[np.argsort(county[chosen], kind="stable")]
    sizes = random.integers(2, 5, len(chosen))
    family = np.full(scenario.customers, -1, np.int32)
    family[chosen] = np.repeat(np.arange(len(sizes)), sizes)[: len(chosen)]
    # A family never spans two counties, nor has a single member.
    return _without_singles(family * len(COUNTIES) + county, family)


def _without_singles(key: Ints, family: Ints) -> Ints:
    _keys, numbers, counts = np.unique(key, return_inverse=True, return_counts=True)
    return np.where((family >= 0) & (counts[numbers] > 1), numbers, -1).astype(np.int32)
