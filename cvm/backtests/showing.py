"""The figures of a back-test as the tables of its page: plain rows, no queries left to ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from cvm.backtests import labels
from cvm.backtests.figures import Figures, Numbers, Side
from cvm.backtests.plan import BESIDE_THRESHOLDS
from cvm.lib.workdays import is_working_day
from lifecycle.models import BackTest, MomentKind
from lifecycle.moments import REGISTRY
from segmentation.models import Code


class Term(NamedTuple):
    """One threshold: its name, what is in force, what was tried."""

    label: str
    live: str
    draft: str


@dataclass
class Shown:
    """A back-test beside its figures, in the shapes the templates want."""

    test: BackTest
    figures: Figures

    @property
    def sides(self) -> list[Side]:
        """Return the columns: in force, and the draft where there is one."""
        return self.figures.sides

    @property
    def decisive(self) -> Side:
        """Return the side the page is about: the draft where there is one."""
        return self.figures.draft or self.figures.live

    def terms(self) -> list[Term]:
        """Return every term with both values."""
        live, draft = _flat(self.test.live), _flat(self.test.draft)
        names = [field.name for field in fields(REGISTRY[self.test.kind.code].Thresholds)]
        known = [name for name in (*names, *BESIDE_THRESHOLDS) if name in live and name in draft]
        return [
            Term(labels.label(name), labels.text(name, live[name]), labels.text(name, draft[name])) for name in known
        ]

    def days(self) -> list[tuple[Any, Numbers, bool]]:
        """Return each day, the hits of each side, and whether people work on it."""
        columns = zip(*(side.daily for side in self.sides), strict=True)
        return [(day, list(hits), is_working_day(day)) for day, hits in zip(self.figures.days, columns, strict=True)]

    def levels(self) -> list[tuple[str, list[tuple[Numbers, int | None]]]]:
        """Return per level: its name, and per side the hits by code with their sum; only levels anybody has."""
        found = []
        for level in sorted(MomentKind.Level, reverse=True):
            rows = [
                ([codes[level.value] for codes in side.by_code], side.level_sums[level.value]) for side in self.sides
            ]
            if any(total != 0 for _codes, total in rows):
                found.append((str(level.label), rows))
        return found

    @property
    def codes(self) -> list[str]:
        """Return the names of the codes, in order."""
        return [str(code.label) for code in (Code.A, Code.B, Code.C)]

    def overlap(self) -> Iterator[tuple[MomentKind, int | None, list[tuple[int | None, int | None]]]]:
        """Yield the other kinds by how often they meet: kind, its hits, per side (hits that meet it, all hits)."""
        kinds = {kind.code: kind for kind in MomentKind.objects.filter(code__in=self.test.plan["others"])}
        numbered = list(enumerate(self.figures.others))
        for place, (code, hits) in sorted(numbered, key=lambda item: -(self.decisive.meets[item[0]] or 0)):
            if code in kinds:
                yield kinds[code], hits, [(side.meets[place], side.hits) for side in self.sides]


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    return {**values["thresholds"], **{name: values[name] for name in BESIDE_THRESHOLDS if name in values}}
