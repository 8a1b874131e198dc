"""What the analyst of the demonstration branch has already decided when the first visitor comes."""

from __future__ import annotations

import datetime as dt

from customers.models import CustomerTag, Need, NeedKind, ReportedFigure, Run, Staff, Standing
from customers.need_actions import analyse, apply
from customers.reported_actions import report
from cvm.focus_groups.drawing import draw
from cvm.needs.suggesting import suggest
from lifecycle.focus_groups import convene, move_on, note_idea, record
from lifecycle.models import Stage
from segmentation.models import Band

# kind of need heard in the survey -> what the analyst concluded; those in APPLIED became tags
CONCLUSIONS = {
    "QUIET": "只做必要关怀，停止推销外呼",
    "HANDSET": "合约期内可推以旧换新",
    "TARIFF": "核对近三个月账单后推荐保底优惠",
}
APPLIED = ("QUIET", "HANDSET")
COST_OF_ONE_FEN, SHARE_PERCENT, TARGET_SHARE_PERCENT = 165_00, 58, 71  # of the invented market
GROUP_SEED = 20261128
SAID_IN_GROUP = (
    "宽带太贵，想和手机一起算",
    "资费不清楚，想要便宜的套餐",
    "家里信号不好",
    "想换手机",
    "少打扰，有事发短信",
)


def decide(*, run: Run, at: dt.datetime) -> None:
    """Suggest needs from the data, analyse some of the survey's and apply a part; nothing where tags exist."""
    analyst = Staff.objects.filter(role=Staff.Role.ANALYST, is_active=True).order_by("pk").first()
    if analyst is None or CustomerTag.objects.exists():
        return
    suggest(run=run, at=at)
    for code, conclusion in CONCLUSIONS.items():
        heard = Need.objects.filter(kind__code=code, source=Need.Source.SURVEY)
        analyse(heard, conclusion=conclusion, by=analyst, at=at)
        if code in APPLIED:
            apply(heard, by=analyst, at=at)
    convene_group(run=run, by=analyst, at=at)


def report_figures(*, run: Run, at: dt.datetime) -> None:
    """Report what winning customers cost and how large the invented market is; nothing where somebody has."""
    admin = Staff.objects.filter(role=Staff.Role.ADMIN, is_active=True).order_by("pk").first()
    if admin is None or ReportedFigure.objects.exists():
        return
    known = Standing.objects.filter(run=run, band__gt=0)
    came = known.filter(previous_band=0).count()
    values = {
        ReportedFigure.Kind.ACQUISITION_COST: came * COST_OF_ONE_FEN,
        ReportedFigure.Kind.MARKET: known.count() * 100 // SHARE_PERCENT,
        ReportedFigure.Kind.TARGET_MARKET: known.filter(band__gte=Band.MID).count() * 100 // TARGET_SHARE_PERCENT,
    }
    for kind, value in values.items():
        if value:
            report(kind=kind, month=run.month, county=None, value=value, source="演示数据", by=admin, at=at)


def convene_group(*, run: Run, by: Staff, at: dt.datetime) -> None:
    """Draw a focus group of customers in decline; most were there, some said what they need."""
    drawing = draw(run=run, stage=Stage.DECLINE, size=12, seed=GROUP_SEED, by=by, at=at)
    if not drawing.drawn:
        return
    words = {"name": "衰退期客户座谈", "topic": "为什么用得少了，怎样的方案愿意留下"}
    group = convene(
        **words, stage=Stage.DECLINE, size=12, seed=GROUP_SEED, run=run, meets_on=run.as_of, by=by, at=at,
        **vars(drawing),
    )  # fmt: skip
    members = list(group.members.select_related("customer").order_by("position"))
    for member in members[:10]:
        move_on(member, to="invited", by=by, at=at)
    for member, said in zip(members, SAID_IN_GROUP, strict=False):
        move_on(member, to="attended", by=by, at=at)
        record(member, text=said, by=by, at=at)
    kind = NeedKind.objects.get(code="BROADBAND")
    note_idea(group, kind=kind, words="宽带与两部手机一个总价，两年不变", offer_code="", by=by, at=at)
