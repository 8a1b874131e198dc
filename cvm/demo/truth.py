"""The hidden answers: who will leave, who can be kept, by what. Written beside the files, never imported.

Only tests and evaluations read them; docs/decisions/0003-demo-data.md says why they exist.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet

from cvm.demo import calendar, table
from cvm.demo.branch import Branch
from cvm.demo.dirt import Dirt, soiled_rows
from cvm.demo.files import STATE_WORDS
from cvm.demo.standing import ACTIVE_LOYAL, PASSIVE_LOYAL, passive_now

FOLDER = "truth"
FAMILIES = ("care", "contract", "prepaid", "min_spend", "plan", "broadband", "benefit")  # offers.Offer.Family
SURE_THING, PERSUADABLE, LOST_CAUSE, SLEEPING_DOG = range(4)
TYPES = ["sure_thing", "persuadable", "lost_cause", "sleeping_dog"]
# Share of a persuadable's risk that an offer of the family takes away on average.
POWER = {
    "care": 0.12,
    "contract": 0.42,
    "prepaid": 0.34,
    "min_spend": 0.28,
    "plan": 0.30,
    "broadband": 0.38,
    "benefit": 0.20,
}

Floats = npt.NDArray[np.float32]


def write_truth(branch: Branch, dirt: Dirt, folder: Path) -> None:
    """Write truth/truth.parquet (one row per customer of the profile file) and truth/notes.json."""
    target = folder / FOLDER
    target.mkdir(exist_ok=True)
    who = np.flatnonzero(branch.is_known)
    columns = truth_columns(branch)
    picked = pa.table(columns).take(pa.array(who))
    pa.parquet.write_table(picked, target / "truth.parquet", compression="zstd")
    (target / "notes.json").write_text(json.dumps(_notes(branch, dirt), ensure_ascii=False, indent=1) + "\n")


def truth_columns(branch: Branch) -> dict[str, pa.Array]:
    """Return the answers of every customer; `effect_*` is the share of the leaving risk an offer takes away."""
    day, kind = next_leave(branch)
    persuasion = persuasion_types(branch)
    return {
        "user_code": pa.array(branch.user_code),
        "leave_month": table.months(calendar.months_of(day), null=calendar.months_of(np.zeros(1))[0]),
        "leave_date": table.dates(day),
        "leave_kind": table.words(STATE_WORDS, kind),
        "hazard_now": pa.array(np.where(branch.is_here, branch.life.hazard_now, 0).astype(np.float32)),
        "frailty": pa.array(branch.people.frailty),
        "persuasion": table.words(TYPES, persuasion),
        "loyalty": table.words(["", "active", "passive"], true_loyalty(branch)),
        **{f"effect_{family}": pa.array(effect) for family, effect in save_effects(branch, persuasion).items()},
    }


def next_leave(branch: Branch) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return day and kind of each present customer's leaving within twelve months of the as-of day (0 = stays)."""
    count = len(branch.people)
    day, kind = np.zeros(count, np.int32), np.zeros(count, np.int32)
    leaves = branch.leaves
    horizon = branch.today + 365
    coming = (leaves.day > branch.today) & (leaves.day <= horizon) & branch.is_here[leaves.customer]
    # Backwards, so that the first of two leavings wins.
    day[leaves.customer[coming][::-1]] = leaves.day[coming][::-1]
    kind[leaves.customer[coming][::-1]] = leaves.kind[coming][::-1]
    return day, kind


def true_loyalty(branch: Branch) -> npt.NDArray[np.int32]:
    """Return the real loyalty; the profile's column is wrong for one in twenty."""
    wrong = branch.scenario.random("loyalty").random(len(branch.people)) < 0.05
    return np.where(passive_now(branch) ^ wrong, PASSIVE_LOYAL, ACTIVE_LOYAL).astype(np.int32)


def persuasion_types(branch: Branch) -> npt.NDArray[np.int32]:
    """Return how each customer answers to being contacted (positions in TYPES)."""
    random = branch.scenario.random("persuasion")
    draw = random.random(len(branch.people))
    hazard, passive = branch.life.hazard_now, passive_now(branch)
    risky = hazard > np.quantile(hazard[branch.is_here], 0.6)
    types = np.where(risky & (draw < 0.55 + 0.15 * passive), PERSUADABLE, SURE_THING)
    types = np.where(risky & (draw > 0.82), LOST_CAUSE, types)
    types = np.where(~risky & passive & (draw > 0.88), SLEEPING_DOG, types)
    return types.astype(np.int32)


def save_effects(branch: Branch, persuasion: npt.NDArray[np.int32]) -> dict[str, Floats]:
    """Return by offer family the share of the risk that the offer takes away (negative: it wakes the dog)."""
    random = branch.scenario.random("effects")
    count = len(persuasion)
    effects = {}
    for family, power in POWER.items():
        taste = random.beta(2, 2, count) * 2
        fits = np.where(branch.people.broadband == 1, 0.3, 1.0) if family == "broadband" else 1.0
        gain = np.minimum(power * taste * fits, 0.95)
        scale = np.array([0.02, 1.0, 0.05, -0.45])[persuasion]
        effects[family] = (gain * scale).astype(np.float32)
    return effects


def _notes(branch: Branch, dirt: Dirt) -> dict[str, object]:
    missing = np.flatnonzero(branch.missing_row >= 0)
    spike = np.flatnonzero((branch.bills_fen[-6] == 40_000) & (branch.bills_fen[-7] < 4_000))
    return {
        "seed": branch.scenario.seed,
        "as_of": branch.scenario.as_of.isoformat(),
        "calibration": asdict(branch.calibration),
        "soiled_bill_rows": dirt.soiled,
        "rows_to_reject": soiled_rows(dirt),
        "identical_copies": dirt.copies,
        "one_bill_missing": branch.user_code[missing].tolist(),
        "one_enormous_bill": branch.user_code[spike].tolist(),
        "reissued_numbers": branch.user_code[branch.is_reissued].tolist(),
    }
