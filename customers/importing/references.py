"""Names of other things in a file: counties and halls, staff logins, group codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.utils.translation import gettext as _

from customers.importing.reasons import Reason
from customers.importing.rows import NONE, Account, Rows
from customers.models import Branch, GroupAccount, Staff

ROOT_CODE = "branch"
UNKNOWN = -1


def root_unit() -> Branch:
    """Return the root of the organisation tree, made when there is none yet."""
    root = Branch.objects.filter(kind=Branch.Kind.BRANCH).order_by("pk").first()
    return root or Branch.objects.create(code=ROOT_CODE, name=_("Branch"), kind=Branch.Kind.BRANCH)


def county_ids(names: pa.StringArray) -> npt.NDArray[np.int64]:
    """Return the county of each name, making counties not yet known below the branch."""
    return _looked_up(names, lambda found: {name: _county(name) for name in found})


def hall_ids(names: pa.StringArray, counties: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the hall of each (county, name), made where unknown; NONE where no hall is named."""
    encoded = names.dictionary_encode()
    words, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
    pairs = counties * len(words) + codes if words else codes
    wanted, rows = np.unique(pairs, return_inverse=True)
    ids = [_hall(words[pair % len(words)], int(pair // len(words))) for pair in wanted.tolist()]
    return np.array(ids, np.int64)[rows] if ids else np.zeros(0, np.int64)


def with_staff(rows: Rows, name: str, into: str, account: Account, *, roles: tuple[str, ...] = ()) -> Rows:
    """Return the rows with a staff id (NONE for empty and for 0); unknown logins are rejected."""
    people = Staff.objects.filter(is_active=True)
    if roles:
        people = people.filter(role__in=roles)
    known: Mapping[str, int] = dict(people.values_list("username", "pk"))
    ids = _looked_up(rows[name], lambda found: {word: known.get(word, UNKNOWN) for word in found}, nobody=("", "0"))
    return rows.with_values(**{into: ids}).without(ids == UNKNOWN, name, Reason.UNKNOWN_STAFF, account)


def with_group(rows: Rows, name: str, into: str, account: Account) -> Rows:
    """Return the rows with a group id (NONE for empty); unknown codes are rejected."""
    known = dict(GroupAccount.objects.values_list("code", "pk"))
    return with_code(rows, name, into, account, known=known, reason=Reason.UNKNOWN_GROUP)


def with_code(
    rows: Rows,
    name: str,
    into: str,
    account: Account,
    *,
    known: Mapping[str, int],
    reason: Reason,
    nothing: int = int(NONE),
) -> Rows:
    """Return the rows with the id a code stands for (`nothing` for empty); unknown codes are rejected for a reason."""
    ids = _looked_up(rows[name], lambda found: {word: known.get(word, UNKNOWN) for word in found}, nobody=("",))
    ids = np.where(ids == NONE, nothing, ids)
    return rows.with_values(**{into: ids}).without(ids == UNKNOWN, name, reason, account)


def _looked_up(
    texts: pa.StringArray, find: Callable[[list[str]], Mapping[str, int]], *, nobody: tuple[str, ...] = ()
) -> npt.NDArray[np.int64]:
    encoded = texts.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    found = find([word for word in words if word not in nobody])
    ids = np.array([found.get(word, NONE) for word in words], np.int64)
    rows = encoded.indices.to_numpy()
    return ids[rows] if len(ids) else np.zeros(0, np.int64)


def _county(name: str) -> int:
    county = Branch.objects.filter(kind=Branch.Kind.COUNTY, name=name).order_by("pk").first()
    if county is None:
        county = Branch.objects.create(code=_code("county"), name=name, kind=Branch.Kind.COUNTY, parent=root_unit())
    return county.pk


def _hall(name: str, county_id: int) -> int:
    if not name:
        return int(NONE)
    hall = Branch.objects.filter(kind=Branch.Kind.HALL, name=name, parent_id=county_id).order_by("pk").first()
    if hall is None:
        hall = Branch.objects.create(code=_code("hall"), name=name, kind=Branch.Kind.HALL, parent_id=county_id)
    return hall.pk


def _code(word: str) -> str:
    number = Branch.objects.count() + 1
    while Branch.objects.filter(code=f"{word}-{number}").exists():
        number += 1
    return f"{word}-{number}"
