"""What the web bench adds to a made-up branch before it searches there, and what it types into the box.

Names of some thousand spellings, the keyed hashes of the numbers, and a service log for every second customer; then every
way of docs/search.md is asked by a team leader of the whole branch, who may search names and texts.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from customers.importing.pinyin import spelled
from customers.models import Customer, GroupAccount, ServiceLog
from customers.numbers import hashes_of

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静磊强军洋勇艳杰涛明超秀霞平刚桂英华建国志玉兰红梅丽"
WORDS = ("宽带资费咨询", "携号转网怎么办理", "流量超出套餐", "国际漫游开通", "合约到期续约", "信号不好要求处理")
LOTS = 100_000
NUMBERS_ASKED = 30  # beside 20 to warm up: a person may look for 60 full numbers an hour

NAME = """
update customers_customer
set name = given.name, name_pinyin = given.pinyin, name_initials = given.initials
from unnest(%(names)s::text[], %(pinyin)s::text[], %(initials)s::text[])
    with ordinality as given (name, pinyin, initials, place)
where given.place = customers_customer.id %% %(count)s + 1 and customers_customer.id between %(first)s and %(last)s
"""
LOG = """
insert into customers_servicelog (customer_id, served_at, channel, category, content, agent, source_key)
select id, %(at)s::timestamptz - id %% 365 * interval '1 day', '10086', '咨询',
    '用户' || id || (%(words)s::text[])[id / 2 %% %(count)s + 1], '', 'bench-' || id
from customers_customer where id %% 2 = 0
"""


@dataclass(frozen=True)
class Asked:
    """One way to search: what is typed, turn by turn; `is_final` when only the Enter key starts it."""

    label: str
    typed: list[str]
    is_final: bool = False


def prepare() -> None:
    """Fill what the search reads and the made-up branch lacks; done already, it costs one look."""
    _name_people()
    _hash_numbers()
    _write_logs()


def names() -> list[str]:
    """Return the spellings of the branch, always the same."""
    return [surname + first + last for surname, first, last in itertools.product(SURNAMES, GIVEN[:12], GIVEN[12:])]


def ways() -> list[Asked]:
    """Return what is typed: known and unknown, rare and common."""
    known = list(Customer.objects.filter(state=Customer.State.NORMAL).order_by("pk")[:40])
    group = GroupAccount.objects.order_by("pk").first()
    called = [name for name in names()[::200] if name]
    return [
        Asked("search, full number", [one.msisdn for one in known], is_final=True),
        Asked("search, last four digits", [f"{number:04d}" for number in range(1000, 1040)]),
        Asked("search, id and user code", [text for one in known for text in (f"#{one.pk}", one.user_code)]),
        Asked("search, name of many and nobody", [*called, "王", "欧阳无此人"]),
        Asked("search, pinyin", [spelled(name)[0] for name in called]),
        Asked("search, initials", [spelled(name)[1] for name in called]),
        Asked("search, group", [group.code, group.name] if group else []),
        Asked("search, texts", [f"文:{words}" for words in (*WORDS, "这句话没有人说过")]),
        Asked("search, texts of two characters", ["文:资费", "文:绿茶"]),
    ]


def _name_people() -> None:
    if not Customer.objects.filter(pk=1, name="").exists():
        return
    known = names()
    letters = [spelled(name) for name in known]
    said = {
        "names": known,
        "pinyin": [pinyin for pinyin, _ in letters],
        "initials": [initials for _, initials in letters],
        "count": len(known),
    }
    last = Customer.objects.order_by("-pk").values_list("pk", flat=True)[0]
    for first in range(1, last + 1, LOTS):
        with connection.cursor() as cursor:
            cursor.execute(NAME, said | {"first": first, "last": first + LOTS - 1})


def _hash_numbers() -> None:
    known = Customer.objects.filter(number_hash="")
    while rows := list(known.values_list("pk", "msisdn")[:LOTS]):
        pairs = zip([pk for pk, _ in rows], hashes_of([number for _, number in rows]), strict=True)
        values = list(zip(*pairs, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "update customers_customer set number_hash = given.hash"
                " from unnest(%s::int[], %s::text[]) as given (id, hash) where customers_customer.id = given.id",
                [list(values[0]), list(values[1])],
            )


def _write_logs() -> None:
    if ServiceLog.objects.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(LOG, {"at": timezone.now(), "words": list(WORDS), "count": len(WORDS)})
