"""Every kind says in words, with units, what made it fire."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils.translation import override

from cvm.lib.months import day_number
from lifecycle.evidence import SENTENCES, evidence_words
from lifecycle.moments import REGISTRY

DAY = day_number(dt.date(2026, 11, 22))
SAID = [
    ("A1", 1, 58_60, "First bill: ¥58"),
    ("A2", 305, 305, "Birthday on 03-05"),
    ("A4", 2, DAY, "Spring Festival 2026-11-22"),
    ("A5", 4, 3, "Star level 3 → 4"),
    ("A5", 102, 101, "Silver card → Gold card"),
    ("A6", 2, 5, "5 days in other provinces this month"),
    ("A7", 9_99, 20_00, "Balance ¥9.99, under ¥20.00"),
    ("A8", -12_05, DAY, "Suspended for arrears on 2026-11-22, ¥12.05 owed"),
    ("A8", 0, DAY, "Suspended for arrears on 2026-11-22"),
    ("B1", 1, 85, "85% of the month's data used"),
    ("B1", 2, 3, "Data charged beyond the plan in 3 of the last three bills"),
    ("B5", 3, 0, "5G handset, but neither plan nor SIM is 5G"),
    ("B7", 1_500, DAY, "1,500 points expire on 2026-11-22"),
    ("B8", 1, DAY, "Free trial ends on 2026-11-22"),
    ("C3", 4, 38_00, "Ordered a plan of ¥38 from next month"),
    ("C4", 50_00, 100_00, "Spend fell 50%: ¥100 on average → ¥50"),
    ("C6", 15, DAY, "15 days without a call (as of 2026-11-22)"),
    ("C7", 4, 33, "Share of calls within our network fell 33%"),
    ("C8", 2, 3, "3 complaints in 30 days"),
    ("C9", 5, DAY, "The payer of the family left on 2026-11-22"),
]


@pytest.mark.parametrize(("code", "value", "reference", "words"), SAID)
def test_evidence_carries_its_values_with_units(code, value, reference, words):
    with override("en"):
        assert evidence_words(code, value, reference) == words


def test_every_kind_has_a_sentence_and_an_unknown_kind_says_nothing():
    assert set(SENTENCES) == set(REGISTRY)
    assert evidence_words("Z9", 1, 1) == ""
    assert all(evidence_words(code, 1, 1) for code in SENTENCES)
