"""The figures of the ledger: closed ones as they were signed, and what the newest night says beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Run
from cvm.lib.months import label
from segmentation.models import LedgerClose, LedgerLine
from segmentation.queries import LedgerMonth, MovementLine, books_of, last_run_of, movement_lines

# number in the address of a list -> field, head of its column
COLUMNS: tuple[tuple[str, str, str | Promise], ...] = (
    ("opening", "opening", _("Opening")),
    ("entered", "entered", _("+ Entered")),
    ("returned", "returned", _("+ Returned")),
    ("lost_off", "lost_off_network", _("− Lost: off network")),
    ("lost_value", "lost_value", _("− Lost: value")),
    ("closing", "closing", _("= Closing")),
)
NOTHING = MovementLine()


@dataclass(frozen=True)
class Door:
    """A number and the way to its customers, where there is one; `behind` of them the list has, where that is fewer."""

    customers: int
    url: str = ""
    behind: int | None = None


# (number, is_signed=…, filters of its list) -> its door: to who stands there by the newest night, or by the signature
Open = Callable[..., Door]


@dataclass(frozen=True)
class Figure:
    """One number as it stands in the books, and as restated where the newest night says something else."""

    shown: Door
    restated: Door | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table: a month, or one county, layer or manager of a month."""

    label: str
    is_closed: bool
    line: MovementLine
    newest: MovementLine
    key: int = 0  # the county, layer or manager of the row
    figures: list[Figure] = field(default_factory=list)

    @property
    def is_restated(self) -> bool:
        """Return whether the newest night says something else than was signed."""
        return self.is_closed and self.line != self.newest


@dataclass(frozen=True)
class RateRow:
    """The rates of one month, and those of the newest night where they differ."""

    month: LedgerMonth
    is_closed: bool
    base: Door
    base_kept: Door
    members: Door
    kept: Door
    added: Door
    improvement: Decimal | None
    is_year_on_year: bool
    restated: LedgerMonth | None


@dataclass(frozen=True)
class Books:
    """The months of a run's cohort with their signatures, for the counties somebody looks at."""

    run: Run
    year: int
    months: list[int]
    signed: dict[tuple[int, int], LedgerClose]  # of every cohort, by its year and the month
    county_ids: list[int] | None
    scope: list[int]  # all the counties of the reader, whichever is looked at
    known: dict[int, list[LedgerMonth]]  # run -> its months of all cohorts, as far as they have been read

    @property
    def closes(self) -> dict[int, LedgerClose]:
        """Return the signatures of this cohort by month."""
        return {month: close for (year, month), close in self.signed.items() if year == self.year}

    def entries(self, runs: Iterable[int]) -> dict[tuple[int, int, int], LedgerMonth]:
        """Return the months of these runs by (run, year, month); what was read before is not read again."""
        wanted = set(runs)
        if missing := wanted - self.known.keys():
            self.known.update({run: [] for run in missing} | books_of(missing, county_ids=self.county_ids))
        return {(run, month.year, month.month): month for run in wanted for month in self.known[run]}

    def last_run(self, year: int) -> int | None:
        """Return the newest run, not after this one, that kept books of a year."""
        if any(month.year == year for month in self.known[self.run.pk]):
            return self.run.pk
        return last_run_of(year, until=self.run)

    def shown_by(self, month: int) -> int:
        """Return the run whose figures of a month are shown: the one it was signed on, else the newest."""
        return self.closes[month].run_id if month in self.closes else self.run.pk

    def rows(self, opens: Open) -> list[Row]:
        """Return one row per month: the branch, or the counties looked at."""
        signed, newest = self.lines(self.months, by=LedgerLine.By.COUNTY, county_ids=self.county_ids)
        told = {month for month, _key in signed}
        return [
            _row(
                label(month),
                month=month,
                is_closed=month in self.closes,
                signed=sum((line for (at, _key), line in signed.items() if at == month), NOTHING),
                newest=sum((line for (at, _key), line in newest.items() if at == month), NOTHING),
                opens=opens,
            )
            for month in self.months
            if month in told
        ]

    def groups(self, *, by: int, month: int, names: dict[int, str], opens: Open, parameter: str) -> list[Row]:
        """Return one row per county, layer or manager of a month, in the order of `names`, the others last."""
        signed, newest = self.lines([month], by=by, county_ids=self.county_ids)
        known = {key for _month, key in signed.keys() | newest.keys()}
        keys = [key for key in names if key in known] + sorted(known - names.keys())
        return [
            _row(
                names.get(key, str(key)),
                month=month,
                is_closed=month in self.closes,
                signed=signed.get((month, key), NOTHING),
                newest=newest.get((month, key), NOTHING),
                opens=lambda customers, key=key, **filters: opens(customers, **filters, **{parameter: key}),
                key=key,
            )
            for key in keys
        ]

    def rates(self, opens: Open) -> list[RateRow]:
        """Return the rates month by month, improvement against the year before where its books are there."""
        before = self.last_run(self.year - 1)
        closed_before = {month: close.run_id for (year, month), close in self.signed.items() if year == self.year - 1}
        runs = {self.run.pk, *(close.run_id for close in self.closes.values()), *closed_before.values()}
        at = self.entries(runs | ({before} if before else set()))
        found: list[RateRow] = []
        for month in self.months:
            newest = at.get((self.run.pk, self.year, month))
            if newest is None:
                continue
            close = self.closes.get(month)
            shown = at.get((close.run_id, self.year, month), newest) if close else newest
            a_year_ago = at.get((closed_before.get(month - 12, before or 0), self.year - 1, month - 12))
            against = a_year_ago or (found[-1].month if found else None)
            found.append(
                RateRow(
                    month=shown,
                    is_closed=close is not None,
                    **_doors(shown, newest, opens),
                    improvement=_points(shown, against),
                    is_year_on_year=a_year_ago is not None,
                    restated=newest if shown != newest else None,
                )
            )
        return found

    def lines(
        self, months: Iterable[int], *, by: int, county_ids: list[int] | None
    ) -> tuple[dict[tuple[int, int], MovementLine], dict[tuple[int, int], MovementLine]]:
        """Return what was signed and what the newest night says, by month and key; one query.

        The lines of a night that is not kept any more are gone but for signed months, which then stand alone.
        """
        wanted: dict[int, list[int]] = {self.run.pk: list(months)}
        for month in months:
            if month in self.closes and self.closes[month].run_id != self.run.pk:
                wanted.setdefault(self.closes[month].run_id, []).append(month)
        found = movement_lines(wanted, year=self.year, by=by, county_ids=county_ids)
        signed = {(month, key): line for (run, month, key), line in found.items() if run == self.shown_by(month)}
        newest = {(month, key): line for (run, month, key), line in found.items() if run == self.run.pk}
        known = {month for month, _key in newest}
        return signed, newest | {at: line for at, line in signed.items() if at[0] not in known}


def books(run: Run, *, year: int, known: list[LedgerMonth], county_ids: list[int] | None, scope: list[int]) -> Books:
    """Return the books of a cohort by a run; `known` are the months of all its cohorts (of this one at least one)."""
    closes = LedgerClose.objects.filter(run__lte=run.pk).select_related("closed_by", "cohort").order_by("month")
    return Books(
        run=run,
        year=year,
        months=[month.month for month in known if month.year == year],
        signed={(close.cohort.year, close.month): close for close in closes},
        county_ids=county_ids,
        scope=scope,
        known={run.pk: known},
    )


def total(rows: Iterable[Row], opens: Open, *, month: int, words: str) -> Row:
    """Return the sum of the rows of a month."""
    known = list(rows)
    return _row(
        words,
        month=month,
        is_closed=any(row.is_closed for row in known),
        signed=sum((row.line for row in known), NOTHING),
        newest=sum((row.newest for row in known), NOTHING),
        opens=opens,
    )


def _row(
    words: str,
    *,
    month: int,
    is_closed: bool,
    signed: MovementLine,
    newest: MovementLine,
    opens: Open,
    key: int = 0,
) -> Row:
    figures = []
    for name, attribute, _head in COLUMNS:
        at = f"{label(month)}:{name}"
        shown, now = getattr(signed, attribute), getattr(newest, attribute)
        if shown == now:
            figures.append(Figure(opens(shown, ledger=at)))
        else:
            figures.append(Figure(opens(shown, is_signed=True, ledger=at), opens(now, ledger=at)))
    return Row(words, is_closed, signed, newest, key, figures)


def _doors(shown: LedgerMonth, newest: LedgerMonth, opens: Open) -> dict[str, Door]:
    """Return the parts of the rates; a number the newest night does not share opens who was signed."""
    base, at = label(shown.base_entry), label(shown.month)
    lists = {
        "base": {"entry": base, "ledger": f"{at}:members"},
        "base_kept": {"entry": base, "ledger": f"{at}:closing"},
        "members": {"ledger": f"{at}:members"},
        "kept": {"ledger": f"{at}:closing"},
        "added": {"entry": at},
    }
    doors = {}
    for name, filters in lists.items():
        number, now = getattr(shown, name), getattr(newest, name)
        doors[name] = opens(number, is_signed=number != now, **filters)
    if shown.month == shown.base_entry:
        doors["added"] = Door(shown.added)  # nobody is added to the base itself
    return doors


def _points(month: LedgerMonth, before: LedgerMonth | None) -> Decimal | None:
    """Return the improvement of dynamic retention in percentage points."""
    if before is None or month.dynamic_rate is None or before.dynamic_rate is None:
        return None
    return month.dynamic_rate - before.dynamic_rate
