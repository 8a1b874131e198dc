"""The loop collect – analyse – apply: what a need is called, and who may see whose (DOMAIN S-100 to S-103)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from customers import access
from customers.importing.pinyin import spelled
from customers.models import Need, NeedKind

OPEN = (Need.Status.COLLECTED, Need.Status.ANALYSED)
OTHER = "OTHER"
COLONS = ":："
# Words by which a free sentence is taken for a kind; the longest word found decides.
SAID: dict[str, tuple[str, ...]] = {
    "TARIFF": ("资费", "便宜", "太贵", "优惠", "降套餐", "月租", "省钱", "cheaper", "expensive", "discount", "tariff"),
    "DATA": ("流量不够", "流量", "超套", "超出", "data", "gigabyte"),
    "NETWORK": ("信号", "网络质量", "掉线", "网速", "断线", "覆盖", "网络", "signal", "coverage", "network"),
    "HANDSET": ("换机", "换手机", "新手机", "手机", "终端", "handset", "phone"),
    "BROADBAND": ("宽带", "光纤", "电视", "家庭融合", "wifi", "broadband", "fibre"),
    "ROAMING": ("国际漫游", "漫游", "出国", "境外", "港澳", "roaming", "abroad"),
    "QUIET": ("少打扰", "别打电话", "不要打电话", "骚扰", "推销", "fewer calls", "disturb"),
    "BENEFIT": ("会员", "权益", "视频", "彩铃", "积分", "增值", "benefit", "points"),
    "FAMILY": ("亲情", "副卡", "家人", "共享", "family"),
    "VNET": ("集团", "短号", "v网", "单位", "short number"),
    "SERVICE": ("投诉", "服务态度", "没解决", "营业厅", "排队", "service", "complaint"),
}


class UnknownNeed(ValueError):
    """No active kind of need fits, not even "other"."""


@dataclass(frozen=True)
class Kind:
    """A kind of need as plain values."""

    code: str
    name_zh: str
    name_en: str

    def spellings(self) -> Iterator[str]:
        """Yield everything a person may type for it, in small letters."""
        yield self.code.casefold()
        yield self.name_zh.casefold()
        yield self.name_en.casefold()
        yield from spelled(self.name_zh)


def understood(text: str, kinds: Iterable[Kind]) -> tuple[Kind, str]:
    """Return the kind meant by one line of text, and the customer's words.

    "kind" or "kind: words" names a kind by code, name, full pinyin, initials, or the beginning of just one of them;
    anything else is the customer's words, whose kind is guessed. Raises UnknownNeed when nothing fits.
    """
    known = list(kinds)
    line = text.strip()
    head, words = _split(line)
    named = _named(head.casefold(), known)
    if named:
        return named, words
    return _guessed(line.casefold(), known), line


def heard(text: str, codes: Iterable[str]) -> str:
    """Return which of the kinds a text (in small letters) speaks of: the longest word found decides; "" for none."""
    found = [(len(word), code) for code in sorted(codes) for word in SAID.get(code, ()) if word in text]
    return max(found, key=lambda one: one[0])[1] if found else ""


def active_kinds() -> list[NeedKind]:
    """Return the kinds people can choose, in the order of their codes."""
    return list(NeedKind.objects.filter(is_active=True).order_by("code"))


def visible_to(user: Any) -> QuerySet[Need]:
    """Return the needs of the customers this person may see."""
    scope = access.scope_of(user)
    if scope.is_everything:
        return Need.objects.all()
    if scope.manager_id is not None:
        return Need.objects.filter(customer__manager_id=scope.manager_id)
    return Need.objects.filter(customer__county_id__in=scope.county_ids)


def with_need(value: str) -> QuerySet[Need, int]:
    """Return the ids of the customers with a need KIND:STEP; a step is a status, `open` or `suggested`, or left out.

    What an alias needs its main record needs.
    """
    kind, _, step = value.partition(":")
    found = Need.objects.filter(kind__code=kind)
    if step == "open":
        found = found.filter(status__in=OPEN)
    elif step == "suggested":
        found = found.filter(status__in=OPEN, is_suggested=True)
    elif step:
        found = found.filter(status=step)
    return found.values_list(Coalesce("customer__merged_into", "customer"), flat=True)


def _split(line: str) -> tuple[str, str]:
    places = [line.index(colon) for colon in COLONS if colon in line]
    if not places:
        return line, ""
    return line[: min(places)].strip(), line[min(places) + 1 :].strip()


def _named(head: str, kinds: list[Kind]) -> Kind | None:
    if not head:
        return None
    exact = [kind for kind in kinds if head in kind.spellings()]
    begun = [kind for kind in kinds if any(spelling.startswith(head) for spelling in kind.spellings())]
    for found in (exact, begun):
        if len(found) == 1:
            return found[0]
    return None


def _guessed(line: str, kinds: list[Kind]) -> Kind:
    by_code = {kind.code: kind for kind in kinds}
    code = heard(line, by_code) or OTHER
    if code not in by_code:
        raise UnknownNeed(line)
    return by_code[code]
