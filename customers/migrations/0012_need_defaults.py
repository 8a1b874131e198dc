"""The first kinds of need, their tags, and one short survey (DOMAIN S-100 to S-107, S-132, loyalty S-083).

Codes stay for good; names, meanings and lifetimes are planning defaults of our own that the analyst may change.
"""

from django.db import migrations

# code, Chinese, English, meaning of the tag, days it lasts
TAGS = [
    ("TARIFF", "资费敏感", "Price-sensitive", "希望降低月租或资费，适合优惠类方案", 180),
    ("DATA", "流量需求", "Needs more data", "流量经常超出套餐，适合流量包或升档", 180),
    ("NETWORK", "网络关注", "Network matters", "反映过信号或网速，先核查网络再营销", 90),
    ("HANDSET", "换机意向", "Wants a handset", "想换手机，适合终端合约", 120),
    ("BROADBAND", "家庭融合意向", "Wants home broadband", "家里需要宽带或电视，适合融合方案", 180),
    ("ROAMING", "漫游需求", "Travels abroad", "经常出境，适合漫游包", 180),
    ("QUIET", "少打扰", "Wants few calls", "希望少接电话，只做必要的关怀", 365),
    ("BENEFIT", "权益偏好", "Likes benefits", "对会员权益和积分感兴趣", 180),
    ("FAMILY", "亲情共享", "Shares with family", "与家人共享套餐或副卡", 180),
    ("VNET", "集团短号", "Wants the V-net", "单位同事多，适合集团V网", 180),
    ("SERVICE", "服务关注", "Service matters", "对服务或投诉处理不满意，先解决问题", 90),
]
# A need of these kinds is applied as the tag of the same code; OTHER is analysed and dropped or renamed by a person.
KINDS = [
    ("TARIFF", "资费优惠", "Lower tariff"),
    ("DATA", "流量不够", "More data"),
    ("NETWORK", "网络质量", "Network quality"),
    ("HANDSET", "换机", "New handset"),
    ("BROADBAND", "家庭宽带", "Home broadband"),
    ("ROAMING", "国际漫游", "Roaming abroad"),
    ("QUIET", "少打扰", "Fewer calls"),
    ("BENEFIT", "增值权益", "Benefits"),
    ("FAMILY", "亲情共享", "Family sharing"),
    ("VNET", "集团V网", "V-net of the unit"),
    ("SERVICE", "服务与投诉", "Service and complaints"),
    ("OTHER", "其他", "Other"),
]


def _choice(value, zh, en, *, need="", loyalty=""):
    return {"value": value, "zh": zh, "en": en, "need": need, "loyalty": loyalty}


# Staying by habit, by the trouble of changing or by a contract is passive loyalty; staying by liking is active.
QUESTIONS = [
    (
        "why_stay", "choice", "您为什么一直使用我们的号码？", "Why do you stay with us?",
        [
            _choice("habit", "习惯了", "Used to it", loyalty="passive"),
            _choice("trouble", "换号麻烦", "Changing the number is a bother", loyalty="passive"),
            _choice("contract", "合约没到期", "The contract still runs", loyalty="passive"),
            _choice("network", "网络好", "Good network", loyalty="active"),
            _choice("service", "服务好", "Good service", loyalty="active"),
            _choice("family", "家人朋友都在用", "Family and friends are here", loyalty="active"),
        ],
    ),
    (
        "wish", "choice", "您最希望我们改进什么？", "What should we improve first?",
        [
            _choice("tariff", "资费再优惠些", "A lower tariff", need="TARIFF"),
            _choice("data", "流量再多些", "More data", need="DATA"),
            _choice("network", "信号再好些", "A better network", need="NETWORK"),
            _choice("handset", "换一部新手机", "A new handset", need="HANDSET"),
            _choice("broadband", "装宽带", "Home broadband", need="BROADBAND"),
            _choice("quiet", "少打电话", "Fewer calls", need="QUIET"),
            _choice("nothing", "没有", "Nothing"),
        ],
    ),
    ("satisfied", "scale", "总体满意度(1 很差，5 很好)", "Satisfied on the whole (1 poor, 5 very good)", []),
    ("words", "text", "还有什么想说的？", "Anything else to say?", []),
]  # fmt: skip


def lay(apps, schema_editor):
    tag, kind, form, question = (
        apps.get_model("customers", name) for name in ("Tag", "NeedKind", "SurveyForm", "SurveyQuestion")
    )
    tags = {
        code: tag.objects.create(code=code, name_zh=zh, name_en=en, meaning=meaning, lasts_days=days, bit=bit)
        for bit, (code, zh, en, meaning, days) in enumerate(TAGS)
    }
    for code, zh, en in KINDS:
        kind.objects.create(code=code, name_zh=zh, name_en=en, tag=tags.get(code))
    first = form.objects.create(code="CARE", version=1, name_zh="关怀小调查", name_en="Short care survey")
    for position, (code, answer, zh, en, choices) in enumerate(QUESTIONS, 1):
        question.objects.create(
            form=first, position=position, code=code, text_zh=zh, text_en=en, answer=answer, choices=choices
        )


def clear(apps, schema_editor):
    apps.get_model("customers", "SurveyForm").objects.filter(code="CARE", version=1).delete()
    apps.get_model("customers", "NeedKind").objects.filter(code__in=[code for code, *_ in KINDS]).delete()
    apps.get_model("customers", "Tag").objects.filter(code__in=[code for code, *_ in TAGS]).delete()


class Migration(migrations.Migration):
    dependencies = [("customers", "0010_import_journal"), ("customers", "0011_export_language")]

    operations = [migrations.RunPython(lay, clear)]
