"""Find customers by what a person types: number, last four digits, id, code, name, pinyin, group, service texts.

Every way has one plan, measured on 1,000,000 customers and 1,000,000 service logs (docs/search.md):

    full number       customer_by_number_hash, one row
    last four digits  customer_by_number_tail, about a hundred rows
    id, user code     primary key, customer_user_code_unique
    name, pinyin,     customer_by_name, _by_pinyin, _by_initials as a prefix range; a prefix as common as a surname
    initials          stops at the first page of the primary key or of the reader's scope
    group             the groups are few and read through; members by the foreign key's index
    service texts     service_log_words, complaint_words: trigrams, from three characters on; shorter words walk the
                      newest texts first and stop at the page
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Right

from customers.access import LEADER, PHONE, can
from customers.models import Complaint, Customer, GroupAccount, ServiceLog, Staff
from customers.numbers import number_hash

NUMBER_DIGITS, TAIL_DIGITS = 11, 4
MOST_FOUND, MOST_GROUPS = 50, 5
LONGEST = 64
TEXT_PREFIX = re.compile(r"^(?:文|text)\s*[::]\s*(?P<words>.+)$", re.IGNORECASE)
MOBILE = re.compile(r"1[0-9]{10}")  # the only digits that never stand in a query as they are
COUNTRY = re.compile(r"^(?:\+|00)86")
READERS_OF_TEXTS = (PHONE, LEADER)


class Way(Enum):
    """What somebody looks for, told by the words alone."""

    NOTHING = "nothing"
    NUMBER = "number"
    TAIL = "tail"
    ID = "id"
    TEXT = "text"
    WORDS = "words"


@dataclass(frozen=True)
class Wanted:
    """What was typed, understood: the way and the words without their decoration."""

    way: Way
    words: str


@dataclass(frozen=True)
class Found:
    """Ids of customers in the order of showing, the groups they were found by, and whether there are more."""

    ids: list[int] = field(default_factory=list)
    groups: list[GroupAccount] = field(default_factory=list)
    has_more: bool = False


@dataclass(frozen=True)
class Passage:
    """A text about a customer with the words in it, newest first."""

    customer_id: int
    at: Any
    text: str


def understood(typed: str) -> Wanted:
    """Return what the typed words ask for: 138 0013 0007, 0007, #123, 文:资费, or a name, code or group."""
    text = " ".join(unicodedata.normalize("NFKC", typed).split())[:LONGEST]
    digits = re.sub(r"[\s\-]", "", COUNTRY.sub("", text))
    if not text:
        return Wanted(Way.NOTHING, "")
    if said := TEXT_PREFIX.match(text):
        return Wanted(Way.TEXT, said["words"])
    if re.fullmatch(r"#\s?[0-9]{1,9}", text):
        return Wanted(Way.ID, text[1:].strip())
    if digits.isascii() and digits.isdigit() and len(digits) >= NUMBER_DIGITS:
        return Wanted(Way.NUMBER, digits)
    if digits.isascii() and digits.isdigit() and len(digits) == TAIL_DIGITS:
        return Wanted(Way.TAIL, digits)
    return Wanted(Way.WORDS, text)


def customers_for(wanted: Wanted, *, user: Staff, limit: int = MOST_FOUND) -> Found:
    """Return the visible customers that match, at most `limit`; texts are read by `passages`.

    Whoever searches by full number must have been noted before (customers.actions.note_number_search).
    """
    if wanted.way is Way.NUMBER:
        return _found(_by_number(wanted.words, user=user), limit=limit)
    if wanted.way is Way.TAIL:
        return _found(
            [*_by_tail(wanted.words, user=user, limit=limit), *_by_code(wanted.words, user=user)], limit=limit
        )
    if wanted.way is Way.ID:
        return _found(list(_visible(user).filter(pk=int(wanted.words)).values_list("pk", flat=True)), limit=limit)
    if wanted.way is Way.WORDS:
        return _by_words(wanted.words, user=user, limit=limit)
    return Found()


def may_read_texts(user: Any) -> bool:
    """Return whether the person may search what was written about customers."""
    return user.is_authenticated and user.role in READERS_OF_TEXTS


def passages(words: str, *, user: Staff, limit: int = MOST_FOUND) -> list[Passage]:
    """Return the newest service logs and complaints of visible customers that hold the words."""
    if not words or not may_read_texts(user):
        return []
    visible = _visible(user).filter(pk=OuterRef("customer_id"))
    logs = ServiceLog.objects.filter(Exists(visible), content__contains=words).order_by("-served_at", "-pk")
    cases = Complaint.objects.filter(Exists(visible), Q(content__contains=words) | Q(category__contains=words))
    found = [Passage(log.customer_id, log.served_at, log.content) for log in logs[:limit]]
    for case in cases.order_by("-opened_at", "-pk")[:limit]:
        found.append(Passage(case.customer_id, case.opened_at, case.content or case.category))
    return sorted(found, key=lambda passage: passage.at, reverse=True)[:limit]


def _visible(user: Staff) -> QuerySet[Customer]:
    """Return whom the person may find; a record merged into another one is found as that one."""
    return Customer.objects.visible_to(user).filter(merged_into=None)


def _found(ids: list[int], *, limit: int, groups: list[GroupAccount] | None = None) -> Found:
    once = list(dict.fromkeys(ids))
    return Found(once[:limit], groups or [], has_more=len(once) > limit)


def _by_number(number: str, *, user: Staff) -> list[int]:
    """Return the number's present user, nobody else's record; what is no mobile number may be a code of digits."""
    users = Customer.objects.filter(number_hash=number_hash(number), state__in=Customer.IN_NETWORK)
    holders = users.values_list("pk", "merged_into")
    wanted = [merged_into or pk for pk, merged_into in holders]
    present = list(_visible(user).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else []
    return present[:1] if MOBILE.fullmatch(number) else present[:1] or _by_code(number, user=user)


def _by_tail(digits: str, *, user: Staff, limit: int) -> list[int]:
    tail = _visible(user).annotate(tail=Right("msisdn", TAIL_DIGITS)).filter(tail=digits)
    return list(tail.order_by("state", "pk").values_list("pk", flat=True)[: limit + 1])


def _by_code(code: str, *, user: Staff) -> list[int]:
    return list(_visible(user).filter(user_code=code).values_list("pk", flat=True))


def _by_words(words: str, *, user: Staff, limit: int) -> Found:
    groups = _groups(words, user=user)
    ids = _by_code(words, user=user)
    if can(user, "customers.see_name"):
        ids += _by_name(words, user=user, limit=limit)
    if groups:
        members = _visible(user).filter(group__in=groups).order_by("group", F("is_key_person").desc(), "pk")
        ids += members.values_list("pk", flat=True)[: limit + 1]
    return _found(ids, limit=limit, groups=groups)


def _by_name(words: str, *, user: Staff, limit: int) -> list[int]:
    """Return who is called so: by what each index answers, so that no search reads the whole table."""
    typed = words.replace(" ", "").lower()
    ways = [Q(name__startswith=words)]
    if typed.isascii():
        ways = [Q(name_initials__startswith=typed), Q(name_pinyin__startswith=typed), *ways]
    found: list[int] = []
    for way in ways:
        found += _visible(user).filter(way).order_by("pk").values_list("pk", flat=True)[: limit + 1]
    return found


def _groups(words: str, *, user: Staff) -> list[GroupAccount]:
    """Return the groups so called that have members the person may see."""
    typed = words.replace(" ", "").lower()
    named = Q(code=words) | Q(name__contains=words)
    if typed.isascii() and len(typed) > 1:
        named |= Q(name_pinyin__startswith=typed) | Q(name_initials__startswith=typed)
    members = _visible(user).filter(group=OuterRef("pk"))
    return list(GroupAccount.objects.filter(named & Q(Exists(members))).order_by("name", "pk")[:MOST_GROUPS])
