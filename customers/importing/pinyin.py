"""Names as people type them to search: full pinyin and initials, worked out once per distinct name."""

from __future__ import annotations

import functools

from pypinyin import Style, lazy_pinyin

LONGEST_PINYIN, LONGEST_INITIALS = 128, 32
# Characters that are read differently as a surname.
SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "解": "xie",
    "仇": "qiu",
    "区": "ou",
    "朴": "piao",
    "盖": "ge",
    "查": "zha",
    "乐": "yue",
    "覃": "qin",
    "翟": "zhai",
    "召": "shao",
    "缪": "miao",
    "员": "yun",
    "黑": "he",
    "宓": "mi",
}
SYLLABLES = {"尉迟": ("yu", "chi"), "万俟": ("mo", "qi"), "长孙": ("zhang", "sun")}  # surnames of two characters


@functools.lru_cache(maxsize=65_536)
def spelled(name: str) -> tuple[str, str]:
    """Return (full pinyin, initials) of a name: 单雄信 is ("shanxiongxin", "sxx"); masks and signs are left out."""
    syllables = [*_surname(name), *lazy_pinyin(_given(name), style=Style.NORMAL, errors=_letters)]
    plain = [syllable.lower() for syllable in syllables if syllable]
    return "".join(plain)[:LONGEST_PINYIN], "".join(syllable[0] for syllable in plain)[:LONGEST_INITIALS]


def _surname(name: str) -> tuple[str, ...]:
    if name[:2] in SYLLABLES:
        return SYLLABLES[name[:2]]
    return (SURNAMES[name[:1]],) if name[:1] in SURNAMES else ()


def _given(name: str) -> str:
    if name[:2] in SYLLABLES:
        return name[2:]
    return name[1:] if name[:1] in SURNAMES else name


def _letters(text: str) -> list[str]:
    return ["".join(letter for letter in text if letter.isalnum() and letter.isascii())]
