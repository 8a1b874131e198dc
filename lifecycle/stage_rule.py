"""The whole stage rule of DOMAIN 4.6 for one month: from the stages before it and its signs to the stages after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cvm.lib.bits import Bits, any_of

# The numbers of lifecycle.models; test_stages holds the two together.
NONE, ACQUISITION, GROWTH, MATURITY, DECLINE, EXIT = 0, 1, 2, 3, 4, 5
NEW, FIRST_YEAR, RISING, STEADY, FALLING, SIGNALS, PORTING, LOW_MONTHS = 1, 2, 3, 4, 5, 6, 7, 8
OFF_NETWORK, PRE_CANCELLED, SUSPENDED_LONG, SILENT, RETURNED, RECOVERED = 9, 10, 11, 12, 13, 14

# Of causes that hold together the last is the one told.
EXIT_CAUSES = (SILENT, SUSPENDED_LONG, PRE_CANCELLED, OFF_NETWORK)
DECLINE_CAUSES = (SIGNALS, FALLING, LOW_MONTHS, PORTING)

ByNumber = Mapping[int, Bits]


@dataclass(frozen=True)
class Situation:
    """What a month says of everybody. `rises` is its growth alone; the other three need the policy's months running."""

    exit_causes: ByNumber  # EXIT_CAUSES
    decline_causes: ByNumber  # DECLINE_CAUSES
    is_newcomer: Bits  # by tenure, as the next
    is_in_first_year: Bits  # newcomers too
    is_back: Bits
    rises: Bits
    rises_again: Bits
    recovers: Bits
    settles: Bits


@dataclass(frozen=True)
class Placed:
    """Whom each clause has placed, and what is asked of that."""

    before: ByNumber
    month: Situation
    is_unseen: Bits  # not here yet
    leaves: Bits
    stays_away: Bits
    returns: Bits
    is_new: Bits
    declines: Bits
    stays_low: Bits
    recovers: Bits
    is_young: Bits
    rises: Bits
    grows_on: Bits
    is_steady: Bits

    def stages(self) -> ByNumber:
        """Return everybody's stage after the month, NONE to EXIT."""
        recovers_grown = self.recovers & (self.month.rises | self.month.is_in_first_year)
        return {
            NONE: self.is_unseen,
            ACQUISITION: self.is_new,
            GROWTH: any_of(self.returns, recovers_grown, self.is_young, self.rises, self.grows_on),
            MATURITY: self.is_steady | self.recovers & ~recovers_grown,
            DECLINE: self.declines | self.stays_low,
            EXIT: self.leaves | self.stays_away,
        }

    def reasons(self) -> ByNumber:
        """Return by reason whom its clause put where they are; whom none tells keeps the one before."""
        return {
            NEW: self.is_new,
            FIRST_YEAR: self.is_young & ~self.before[GROWTH],
            RISING: self.rises & ~self.before[GROWTH],
            STEADY: self.is_steady & ~self.before[MATURITY],
            RETURNED: self.returns,
            RECOVERED: self.recovers,
            **_last_that_holds(self.month.decline_causes, self.declines),
            **self.reasons_of_exit(),
        }

    def reasons_of_exit(self) -> ByNumber:
        """Return the reasons of those alone who are in exit."""
        return _last_that_holds(self.month.exit_causes, self.leaves)


def next_stage(before: ByNumber, month: Situation) -> Placed:
    """Ask the clauses one after the other, each of those (`asked`) whom none before it has placed."""
    is_unseen = before[NONE] & month.exit_causes[OFF_NETWORK]
    leaves = any_of(*month.exit_causes.values()) & ~is_unseen
    asked = ~(is_unseen | leaves)
    is_away = asked & before[EXIT]
    asked = asked & ~before[EXIT]
    is_new = asked & month.is_newcomer & (before[NONE] | before[ACQUISITION])
    asked = asked & ~is_new
    declines = asked & any_of(*month.decline_causes.values())
    asked = asked & ~declines
    is_low = asked & before[DECLINE]
    asked = asked & ~before[DECLINE]
    is_young = asked & month.is_in_first_year
    asked = asked & ~is_young
    rises = asked & month.rises_again
    asked = asked & ~rises
    grows_on = asked & before[GROWTH] & ~month.settles
    return Placed(
        before=before,
        month=month,
        is_unseen=is_unseen,
        leaves=leaves,
        stays_away=is_away & ~month.is_back,
        returns=is_away & month.is_back,
        is_new=is_new,
        declines=declines,
        stays_low=is_low & ~month.recovers,
        recovers=is_low & month.recovers,
        is_young=is_young,
        rises=rises,
        grows_on=grows_on,
        is_steady=asked & ~grows_on,
    )


def _last_that_holds(causes: ByNumber, among: Bits) -> dict[int, Bits]:
    told = {}
    for reason, holds in reversed(list(causes.items())):
        told[reason] = among & holds
        among = among & ~holds
    return told
