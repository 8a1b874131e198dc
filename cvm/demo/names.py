"""Invented people: names drawn from common Chinese characters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
COMPOUND = ["欧阳", "司马", "上官", "诸葛"]
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉红建文斌宇浩凯健俊帆雪梅婷欣怡佳琪思雨子涵梓轩晨曦嘉诚志远国庆春燕秋菊冬青"
    "海波山川云飞龙凤鹏程锦绣家宝安康乐天心慧兰竹松柏岩溪清泉月星辰光辉耀祥瑞福禄寿喜"
)
POOL = 40_000


def names(count: int, random: np.random.Generator) -> pa.Array:
    """Return so many names, from a pool in which frequent surnames are frequent."""
    return pa.array(_pool(random)).take(pa.array(random.integers(0, POOL, count)))


def _pool(random: np.random.Generator) -> list[str]:
    surnames = [*SURNAMES, *COMPOUND]
    weight = 1 / np.arange(3, len(surnames) + 3) ** 0.9
    family = _pick(random, surnames, weight)
    first, second = _pick(random, [*GIVEN]), _pick(random, [*GIVEN])
    is_short = random.random(POOL) < 0.22
    return [
        f + a + ("" if short else b) for f, a, b, short in zip(family, first, second, is_short.tolist(), strict=True)
    ]


def _pick(random: np.random.Generator, choices: list[str], weight: npt.NDArray[np.floating] | None = None) -> list[str]:
    share = None if weight is None else weight / weight.sum()
    return [choices[position] for position in random.choice(len(choices), POOL, p=share).tolist()]
