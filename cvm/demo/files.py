"""The operator's files: fourteen kinds, with the headers and words a branch really uses (DOMAIN 3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xlsxwriter

from cvm.demo import care, circle, incidents, plans, signs, surveys, table, ties
from cvm.demo.branch import Branch
from cvm.demo.dirt import Dirt, soil
from cvm.demo.names import names
from cvm.demo.organisation import COUNTIES, halls, staff
from cvm.demo.scenario import BURN_IN
from cvm.demo.standing import Standing
from cvm.demo.table import Columns, Format
from cvm.demo.usage import month_facts

STATE_WORDS = ["", "正使用", "单停", "停机", "停机保号", "预销号", "申销", "欠销", "携出"]
CARD_WORDS = ["无", "银", "金", "钻"]
STAR_WORDS = ["未评级", "一星", "二星", "三星", "四星", "五星银", "五星金", "五星钻"]
BRANDS = ["其他", "全球通", "神州行", "动感地带"]
PAY_WORDS = ["现金", "银行托收", "银行代扣", "集团统付", "家庭付费"]
DUAL_WORDS = ["未知", "移动单卡", "移动双卡", "我主异副", "异主我副"]
BROADBAND_WORDS = ["无", "本网", "异网"]
CONSENT_WORDS = ["未表态", "同意", "不同意"]
LOYALTY_WORDS = ["未知", "主动忠诚", "被动忠诚"]
ROLE_WORDS = ["", "决策人", "付费人", "成员"]
HANDSETS = [
    f"{maker} {model}"
    for maker in ("星途", "远景", "微澜", "极光", "丰禾")
    for model in ("A3", "X5", "X7", "Pro", "Max")
]

Say = Callable[..., None]


def write_all(
    branch: Branch, standing: Standing, groups: ties.Groups, folder: Path, *, file_format: Format, say: Say
) -> Dirt:
    """Write every file of the branch; return what was soiled on purpose."""
    bundles = ties.make_bundles(branch)
    _groups_workbook(branch, groups, folder / "集团客户.xlsx")
    write = _Writer(folder, file_format)
    write("客户资料", _profile(branch, standing, groups))
    write("合约", _bundles(branch, bundles))
    write("家庭关系", _families(branch))
    write("通话圈", _circle(branch))
    write("投诉", _complaints(branch))
    events = incidents.make_events(branch, bundles)
    write("事件", _events(branch, events))
    write("服务记录", _service_logs(branch, events))
    write("网络质量", _measurements(branch))
    for back in reversed(range(signs.MONTHS_BEFORE + 1)):
        write(f"当月用量_{_label(branch.scenario.newest + 1 - back)}", _usage(branch, standing, back))
    write("增值订购", _subscriptions(branch))
    write("接触记录", _contacts(branch, standing))
    write("客户调查", _surveys(branch))
    return _write_bills(branch, write, say)


class _Writer:
    def __init__(self, folder: Path, file_format: Format):
        self.folder, self.file_format = folder, file_format

    def __call__(self, name: str, columns: Columns) -> None:
        table.write(self.folder, name, columns, file_format=self.file_format)


def _who(branch: Branch, customer: npt.NDArray[np.integer]) -> Columns:
    return {"用户编码": pa.array(branch.user_code[customer]), "手机号码": pa.array(branch.number[customer])}


# --- bills ---------------------------------------------------------------------------------------


def _write_bills(branch: Branch, write: _Writer, say: Say) -> Dirt:
    total = branch.scenario.months
    dirt = Dirt()
    for month in range(total):
        columns = _bills(branch, month)
        if month == total - 2 and write.file_format == "csv":
            columns, dirt = soil(columns, branch.scenario)
        write(f"月账单_{_label(branch.scenario.oldest + month)}", columns)
        say(done=month + 1, total=total)
    return dirt


def _label(month: int) -> str:
    return f"{month // 12}{month % 12 + 1:02d}"


def _bills(branch: Branch, month: int) -> Columns:
    facts = month_facts(
        BURN_IN + month,
        people=branch.people,
        life=branch.life,
        scenario=branch.scenario,
        bill_fen=branch.bills_fen[month],
        plan=branch.plan[month],
    )
    who = np.flatnonzero(branch.has_bill(month))
    facts = {name: values[who] for name, values in facts.items()}
    talks_more = facts["voice_min"] > plans.VOICE_MIN[branch.plan[month][who]]
    over_voice = np.where(talks_more, facts["over_fee_fen"] * 3 // 10, 0)
    money = {name: table.yuan(values) for name, values in facts.items() if name.endswith("_fen")}
    return {
        "账期": table.months(np.full(len(who), branch.scenario.oldest + month)),
        **_who(branch, who),
        "用户状态": table.words(STATE_WORDS, branch.life.states[BURN_IN + month][who]),
        "是否签约": table.yes(branch.people.is_signed[who]),
        "当月ARPU（元）": table.yuan(branch.bills_fen[month][who]),
        "套餐费实收": money["plan_fee_fen"],
        "语音费": money["voice_fee_fen"],
        "流量费": money["data_fee_fen"],
        "短信费": money["sms_fee_fen"],
        "增值费": money["vas_fee_fen"],
        "漫游费": money["roam_fee_fen"],
        "超套费": money["over_fee_fen"],
        "语音超套费": table.yuan(over_voice),
        "流量超套费": table.yuan(facts["over_fee_fen"] - over_voice),
        "折扣折让": money["discount_fen"],
        "欠费金额": money["owed_fen"],
        "主叫MOU": pa.array(facts["voice_min"]),
        "DOU（MB）": pa.array(facts["data_mb"]),
        "短信条数": pa.array(facts["sms_count"]),
        "通话天数": pa.array(facts["active_days"]),
    }


# --- everything else -----------------------------------------------------------------------------


def _profile(branch: Branch, standing: Standing, groups: ties.Groups) -> Columns:
    who = np.flatnonzero(branch.is_known)
    people, random = branch.people.take(who), branch.scenario.random("profile", 1)
    state, plan, count = branch.state[who], branch.plan[-1][who], len(who)
    seen = signs.make_profile(branch, standing)
    is_managed = standing.manager[who] > 0
    return {
        **_who(branch, who),
        "客户编号": table.numbered("K", who),
        "姓名": names(count, random),
        "性别": table.words(["未知", "男", "女"], people.gender),
        "出生日期": table.dates(people.birth_day),
        "归属县市": table.words([name for _code, name, _share, _halls in COUNTIES], people.county),
        "近期常去渠道网点": table.words([hall.name for hall in halls()], people.hall),
        "品牌": table.words(BRANDS, _brands(branch, who, random)),
        "入网时间": table.dates(people.join_day),
        "用户状态": table.words(STATE_WORDS, state),
        "停机原因": table.words(signs.STOP_WORDS, seen.stop_reason[who]),
        "状态变更时间": table.dates(np.maximum(branch.leave_day[who], people.join_day)),
        "离网时间": table.dates(branch.leave_day[who]),
        "是否签约": table.yes(people.is_signed),
        "是否实名": table.yes(standing.is_real_name[who]),
        "VIP级别": table.words(CARD_WORDS, standing.card[who]),
        "星级": table.words(STAR_WORDS, standing.star[who]),
        "信用分": table.whole(standing.credit[who], null=-1),
        "主套餐": table.words(plans.NAMES, plan),
        "套餐费（元）": table.yuan(plans.FEES_FEN[plan]),
        "下月生效主套餐档位（元）": table.optional_yuan(seen.next_fee_fen[who], null=-1),
        "套餐内流量（MB）": pa.array(plans.DATA_MB[plan]),
        "语音资源": pa.array(plans.VOICE_MIN[plan]),
        "缴费方式": table.words(PAY_WORDS, _pay_modes(branch, who, random)),
        "最新话费余额（元）": table.yuan(standing.balance_fen[who]),
        "积分数量": table.whole(seen.points[who]),
        "即将到期积分": table.whole(seen.expiring[who]),
        "积分到期日": table.dates(seen.expire_day[who]),
        "特殊用户标识": table.yes(people.is_special),
        "红名单": table.yes(standing.is_red[who]),
        "黑名单": table.yes(standing.is_black[who]),
        "敏感客户": table.yes(standing.is_sensitive[who]),
        "宽带归属": table.words(BROADBAND_WORDS, people.broadband),
        "宽带到期时间": table.dates(seen.broadband_end[who]),
        "地址是否覆盖": table.words(signs.ANSWERS, seen.is_covered[who]),
        "是否5G套餐": table.words(signs.ANSWERS, seen.plan_is_5g[who]),
        "是否5G卡": table.words(signs.ANSWERS, seen.sim_is_5g[who]),
        "是否5G终端": table.words(signs.ANSWERS, seen.handset_is_5g[who]),
        "换机时间": table.dates(seen.handset_changed[who]),
        "机型": table.words(HANDSETS, random.integers(0, len(HANDSETS), count)),
        "终端使用时长": pa.array(standing.handset_months[who]),
        "双卡情况": table.words(DUAL_WORDS, np.where(random.random(count) < 0.04, 0, people.dual_sim)),
        "最近通话日期": table.dates(standing.last_call_day[who]),
        "集团编号": table.numbered("JT", people.group + 1, null=0),
        "是否关键人": table.yes(groups.is_key_person[who]),
        "职务": table.words(ties.DUTIES, groups.duty[who]),
        "忠诚类型": table.words(LOYALTY_WORDS, standing.loyalty[who]),
        "维系工号": table.words(_logins(branch, "phone_manager"), np.where(is_managed, standing.manager[who], 0)),
        "营销免打扰": table.yes(standing.dnd_from[who] > 0),
        "免打扰生效时间": table.dates(standing.dnd_from[who]),
        "免打扰失效时间": table.dates(standing.dnd_to[who]),
        **_consents(branch, count),
    }


def _consents(branch: Branch, count: int) -> Columns:
    """Return what customers said about commercial calls and messages: most agreed when they signed, some never said."""
    random = branch.scenario.random("consent")
    shares = {"外呼授权": (0.05, 0.90, 0.05), "短信授权": (0.05, 0.92, 0.03), "APP消息授权": (0.40, 0.55, 0.05)}
    return {name: table.words(CONSENT_WORDS, random.choice(3, count, p=share)) for name, share in shares.items()}


def _logins(branch: Branch, role: str) -> list[str]:
    """Return the logins of a role; position 0 is nobody."""
    return ["", *(person.username for person in staff(branch.scenario.customers) if person.role == role)]


def _brands(branch: Branch, who: npt.NDArray[np.integer], random: np.random.Generator) -> npt.NDArray[np.integer]:
    fee = plans.FEES_FEN[branch.plan[-1][who]]
    return np.where(fee >= 12_800, 1, np.where(random.random(len(who)) < 0.35, 3, 2))


def _pay_modes(branch: Branch, who: npt.NDArray[np.integer], random: np.random.Generator) -> npt.NDArray[np.integer]:
    draw, people = random.random(len(who)), branch.people
    mode = np.searchsorted([0.70, 0.76], draw)
    mode = np.where((people.group[who] >= 0) & (draw < 0.15), 3, mode)
    return np.where((people.family[who] >= 0) & (draw > 0.88), 4, mode)


def _groups_workbook(branch: Branch, groups: ties.Groups, path: Path) -> None:
    managers = _logins(branch, "account_manager")
    # A fixed date of creation: the same seed gives the same bytes.
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        book.set_properties({"created": dt.datetime(2020, 1, 1), "title": "集团客户"})  # noqa: DTZ001 a constant
        sheet = book.add_worksheet("集团客户")
        sheet.write_row(0, 0, ["集团编号", "集团名称", "集团类别", "归属县市", "集团客户经理"])
        for number, name in enumerate(groups.names):
            county, manager = COUNTIES[groups.county[number]][1], managers[groups.manager[number]]
            sheet.write_row(number + 1, 0, [f"JT{number + 1:06d}", name, f"{groups.letter[number]}类", county, manager])


def _bundles(branch: Branch, bundles: ties.Bundles) -> Columns:
    count = len(bundles.customer)
    return {
        "合约编号": table.numbered("HY", np.arange(1, count + 1)),
        **_who(branch, bundles.customer),
        "合约名称": table.words(ties.PRODUCTS, bundles.kind),
        "硬捆绑类型": table.words(ties.KIND_WORDS, bundles.kind),
        "协议起始时间": table.dates(bundles.start_day),
        "协议终止时间": table.dates(bundles.end_day, null=ties.NO_DAY),
        "返还截止月份": table.months(bundles.rebate_month, null=ties.NO_DAY),
        "承诺最低消费（元）": table.yuan(bundles.min_spend_fen),
        "合约状态": table.words(ties.STATUS_WORDS, bundles.status),
        "是否深度合约": table.yes(np.isin(bundles.kind, (ties.HANDSET, ties.BROADBAND))),
    }


def _families(branch: Branch) -> Columns:
    members, roles = ties.family_roles(branch)
    return {
        "家庭编号": table.numbered("JH", branch.people.family[members] + 1),
        **_who(branch, members),
        "家庭角色": table.words(ROLE_WORDS, roles),
    }


def _circle(branch: Branch) -> Columns:
    tied = circle.make_circle(branch)
    return {
        **_who(branch, tied.customer),
        "对端用户编码": pa.array(branch.user_code[tied.peer]),
        "对端号码": pa.array(branch.number[tied.peer]),
        "账期": table.months(np.full(len(tied.customer), branch.scenario.newest)),
        "通话次数": pa.array(tied.calls),
        "通话时长（分）": pa.array(tied.minutes),
    }


def _complaints(branch: Branch) -> Columns:
    cases = incidents.make_complaints(branch)
    return {
        "工单编号": table.numbered("TS", np.arange(1, len(cases.customer) + 1)),
        **_who(branch, cases.customer),
        "受理时间": table.instants(cases.opened),
        "办结时间": table.instants(cases.closed),
        "受理渠道": table.words(incidents.CHANNELS, cases.channel),
        "投诉类别": table.words(incidents.CATEGORIES, cases.category),
        "投诉内容": table.words(incidents.COMPLAINTS, cases.category),
        "投诉级别": table.words(["", "普通", "重要", "重大"], cases.level),
        "工单状态": table.words(["处理中", "已办结"], (cases.closed > 0).astype(np.int8)),
        "满意度": table.whole(cases.satisfaction, null=0),
    }


def _events(branch: Branch, events: incidents.Events) -> Columns:
    return {
        "流水号": table.numbered("SJ", np.arange(1, len(events.customer) + 1)),
        **_who(branch, events.customer),
        "事件类型": table.words(incidents.EVENT_WORDS, events.kind),
        "发生时间": table.instants(events.at),
        "渠道": table.words(incidents.CHANNELS, np.array(incidents.EVENT_CHANNELS)[events.kind]),
    }


def _service_logs(branch: Branch, events: incidents.Events) -> Columns:
    logs = care.make_service_logs(branch, events)
    return {
        "服务流水号": table.numbered("FW", np.arange(1, len(logs.customer) + 1)),
        **_who(branch, logs.customer),
        "服务时间": table.instants(logs.at),
        "服务渠道": table.words(incidents.CHANNELS, np.array(incidents.EVENT_CHANNELS)[logs.kind]),
        "服务类型": table.words(care.SERVICES, logs.service),
        "服务内容": table.words(care.CONTENTS, logs.service),
        "服务工号": table.numbered("KF", logs.agent),
    }


def _surveys(branch: Branch) -> Columns:
    taken = surveys.make_surveys(branch)
    return {
        **_who(branch, taken.customer),
        "问卷": table.words(["CARE"], np.zeros(len(taken.customer), np.int8)),
        "题目": table.words(surveys.QUESTIONS, taken.question),
        "答案": table.words(surveys.ANSWERS, taken.answer),
        "调查时间": table.instants(taken.at),
    }


def _measurements(branch: Branch) -> Columns:
    poor = care.make_measurements(branch)
    return {
        **_who(branch, poor.customer),
        "统计日期": table.dates(poor.day),
        "语音质差次数": pa.array(poor.poor_voice),
        "上网质差次数": pa.array(poor.poor_data),
        "断网恢复时间": table.instants(poor.outage_ended),
        "小区": table.numbered("XQ", poor.cell),
    }


def _usage(branch: Branch, standing: Standing, back: int) -> Columns:
    used = signs.make_usage(branch, standing, back=back)
    return {
        **_who(branch, used.customer),
        "统计日期": table.dates(used.measured),
        "当月累计流量（MB）": pa.array(used.data_mb),
        "当月累计主叫时长": pa.array(used.voice_min),
        "零次通话天数": pa.array(used.zero_call_days),
        "呼转至竞争对手号码天数": pa.array(used.forward_days),
        "异网客服通话次数": pa.array(used.hotline_calls),
        "网内通话时长占比（%）": pa.array(used.onnet_percent),
        "省际漫游天数": pa.array(used.province_days),
        "国际漫游天数": pa.array(used.abroad_days),
    }


def _subscriptions(branch: Branch) -> Columns:
    taken = signs.make_subscriptions(branch)
    fees = np.where(taken.is_trial, 0, signs.FEES_FEN[taken.service])
    return {
        "订购编号": table.numbered("DG", np.arange(1, len(taken.customer) + 1)),
        **_who(branch, taken.customer),
        "增值业务名称": table.words(signs.SERVICES, taken.service),
        "业务类型": table.words(["增值业务", "权益"], (taken.service % 2).astype(np.int8)),
        "是否免费体验": table.yes(taken.is_trial),
        "功能费（元）": table.yuan(fees),
        "订购时间": table.dates(taken.start),
        "失效时间": table.dates(taken.end),
        "订购状态": table.words(["有效"], np.zeros(len(taken.customer), np.int8)),
    }


def _contacts(branch: Branch, standing: Standing) -> Columns:
    calls = incidents.make_contacts(branch, standing)
    return {
        "接触流水号": table.numbered("JC", np.arange(1, len(calls.customer) + 1)),
        **_who(branch, calls.customer),
        "维系工号": table.words(_logins(branch, "phone_manager"), calls.manager),
        "渠道": table.words(["外呼"], np.zeros(len(calls.customer), np.int8)),
        "方向": table.words(["呼出"], np.zeros(len(calls.customer), np.int8)),
        "开始时间": table.instants(calls.started),
        "结束时间": table.instants(calls.ended),
        "接触结果": table.words(incidents.OUTCOMES, calls.outcome),
        "拒绝原因": table.words(["", *incidents.CAUSES], calls.cause),
        "受理优惠编码": table.words(list(incidents.OFFERS), calls.offer),
    }
