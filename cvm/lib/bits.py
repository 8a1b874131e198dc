"""Yes and no about many rows, one bit a row: `&`, `|`, `~` answer a million rows in microseconds.

The bits beyond the last row are anything; `unpacked` leaves them away. Everything here is a value: nothing changes what
it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def packed(mask: npt.NDArray[np.bool_ | np.uint8]) -> Bits:
    """Return a mask (of its last axis) in bits; of bytes, where they are not zero."""
    return np.packbits(mask, axis=-1)


def unpacked(bits: Bits, size: int) -> Mask:
    """Return bits as a mask over so many rows."""
    return np.unpackbits(bits, count=size).view(np.bool_)


def nowhere(size: int) -> Bits:
    """Return bits that hold for no row."""
    return np.zeros((size + 7) // 8, np.uint8)


def nothing(times: int, size: int) -> Bits:
    """Return so many rows of such bits."""
    return np.zeros((times, (size + 7) // 8), np.uint8)


def any_of(first: Bits, *others: Bits) -> Bits:
    """Return where at least one holds."""
    return reduce(or_, others, first)


@dataclass(frozen=True)
class Running:
    """The last months of a sign, oldest first: whether it has shown in each of them."""

    signs: tuple[Bits, ...]

    @classmethod
    def of(cls, months: int, *, like: Bits) -> Running:
        """Return a sign that has not shown, to be asked for so many months."""
        return cls((np.zeros_like(like),) * months)

    def and_then(self, sign: Bits) -> Running:
        return Running((*self.signs[1:], sign))

    @property
    def holds(self) -> Bits:
        return reduce(and_, self.signs)


@dataclass(frozen=True)
class Counted:
    """How often something was so: `at_least[i]` where more than i times."""

    at_least: tuple[Bits, ...]

    @classmethod
    def up_to(cls, most: int, *, like: Bits) -> Counted:
        """Return a count of none, to be asked whether it has come to the most."""
        return cls((np.zeros_like(like),) * most)

    def and_then(self, sign: Bits) -> Counted:
        again = (sign, *(had & sign for had in self.at_least[:-1]))
        return Counted(tuple(had | now for had, now in zip(self.at_least, again, strict=True)))

    @property
    def is_enough(self) -> Bits:
        return self.at_least[-1]


@dataclass(frozen=True)
class Numbers:
    """A small number for each row: digit by digit, the lowest first."""

    digits: tuple[Bits, ...]

    @classmethod
    def zeros(cls, most: int, size: int) -> Numbers:
        """Return zeros, with room for numbers up to the most."""
        return cls((nowhere(size),) * most.bit_length())

    def told(self, anew: Mapping[int, Bits]) -> Numbers:
        """Return the numbers with those told anew, each where its bits say; no row may be told two."""
        stands = ~any_of(*anew.values())
        return Numbers(
            tuple(
                any_of(bits & stands, *(where for number, where in anew.items() if number >> digit & 1))
                for digit, bits in enumerate(self.digits)
            )
        )

    def unpacked(self, size: int) -> npt.NDArray[np.int8]:
        """Return the numbers, one byte each."""
        found = np.zeros(size, np.uint8)
        for digit, bits in enumerate(self.digits):
            found |= np.unpackbits(bits, count=size) << np.uint8(digit)
        return found.view(np.int8)
