"""The first stage thresholds and the first six key moments. Bits are stored in every standing and never change."""

from django.db import migrations

STAGES = {  # all our own, of the handbook's stage table; percentages of change
    "decline_percent": -20,
    "recover_percent": -5,
    "rise_percent": 10,
    "settle_percent": 3,
    "usage_fall_percent": -30,
    "few_active_days": 10,
    "acquisition_months": 3,
    "growth_months": 12,
}

# Cool-downs and channels of the handbook's detection and playbook tables. Scripts follow the five steps of a
# retention call: ask, check, compare, calculate, act.
KINDS = [
    {
        "code": "C1",
        "bit": 0,
        "category": "C",
        "name_zh": "合约/捆绑到期",
        "name_en": "Bundle expiry",
        "action_zh": "用更好的条件续约：宽带、终端或预存三选一",
        "action_en": "Renew on better terms: broadband, handset or prepaid credit",
        "script_zh": (
            "问：感谢您这段时间一直用我们的合约，用得还顺心吗？\n"
            "查：核对到期日和还没返还的话费，当面念给客户听。\n"
            "比：把宽带、终端、预存三种续约方案放在一起讲清差别。\n"
            "算：按十二个月算总花费，说出每月实际多少钱。\n"
            "办：选好一种就当场办理，要考虑的约好回电时间。"
        ),
        "script_en": (
            "Ask: thank the customer for the contract years; is anything not going well?\n"
            "Check: the end date and the rebate still to come, and say both aloud.\n"
            "Compare: renewal with broadband, with a handset and with prepaid credit, side by side.\n"
            "Calculate: twelve months in total, and what that is per month.\n"
            "Act: book the chosen one now, or agree a time to call back."
        ),
        "cool_down_days": 20,
        "channel_ab": "call",
        "channel_c": "sms",
    },
    {
        "code": "C4",
        "bit": 1,
        "category": "C",
        "name_zh": "消费突降",
        "name_en": "Spend drop",
        "action_zh": "弄清用得少的原因：双卡、异网、身体或单位变化，再给激活方案",
        "action_en": "Find the cause: second SIM, competitor, illness or a change at work; then offer an activation",
        "script_zh": (
            "问：近来一切可好？先关心，再问最近是不是用得少了。\n"
            "查：看少在通话、流量还是套餐，从哪个月开始。\n"
            "比：如果是双卡或异网，问清最看重的一点，同条件对比。\n"
            "算：按现在的用量算一份不浪费的月支出。\n"
            "办：记下原因，办理合适的激活优惠或约定回访。"
        ),
        "script_en": (
            "Ask: how are things? Care first, then whether the phone is used less lately.\n"
            "Check: what fell - calls, data or the plan - and since which month.\n"
            "Compare: with a second SIM or a competitor, ask what matters most and compare like with like.\n"
            "Calculate: a monthly spend that fits the use of today.\n"
            "Act: record the cause; book the fitting activation or agree a follow-up."
        ),
        "cool_down_days": 60,
        "channel_ab": "call",
        "channel_c": "app",
    },
    {
        "code": "C5",
        "bit": 2,
        "category": "C",
        "name_zh": "触及保有红线",
        "name_en": "Near the retention line",
        "action_zh": "防止第三个低消月：承诺低消送权益、家庭共享套餐",
        "action_en": "Prevent the third low month: minimum spend with a benefit, or a family plan",
        "script_zh": (
            "问：最近话费少了不少，是不是有别的号码在用？\n"
            "查：看今年哪几个月低于五十元，各是什么原因。\n"
            "比：现套餐、承诺低消送权益、家人共享三种对比。\n"
            "算：算清承诺后每月付多少、多得到什么。\n"
            "办：客户同意就办承诺低消，并提醒下月账单日。"
        ),
        "script_en": (
            "Ask: the bill is much lower lately; is another number in use?\n"
            "Check: which months of this year were under fifty yuan, and why.\n"
            "Compare: the plan of today, a minimum spend with a benefit, sharing with the family.\n"
            "Calculate: what is paid a month after the promise, and what comes on top.\n"
            "Act: book the minimum spend if the customer agrees, and name the next bill day."
        ),
        "cool_down_days": 25,
        "channel_ab": "call",
        "channel_c": "none",
    },
    {
        "code": "B3",
        "bit": 3,
        "category": "B",
        "name_zh": "消费突增",
        "name_en": "Spend surge",
        "action_zh": "先关怀，排除误用和诈骗，再推荐更合适的套餐",
        "action_en": "Care first: rule out a fault or fraud, then find the plan that fits",
        "script_zh": (
            "问：这个月话费比平时高，是您本人在使用吗？\n"
            "查：看涨在哪一项，有没有陌生的增值业务或漫游。\n"
            "比：现套餐加超出费用，与高一档套餐或加油包对比。\n"
            "算：算出每月能省多少。\n"
            "办：误扣的当场退订报障，想换的当场改套餐。"
        ),
        "script_en": (
            "Ask: this bill is higher than usual; was it the customer's own use?\n"
            "Check: which part rose, and any unknown value-added service or roaming.\n"
            "Compare: the plan plus the excess with the next plan up or a booster pack.\n"
            "Calculate: what would be saved a month.\n"
            "Act: cancel and report what was wrong, or change the plan now."
        ),
        "cool_down_days": 60,
        "channel_ab": "call",
        "channel_c": "sms",
    },
    {
        "code": "A2",
        "bit": 4,
        "category": "A",
        "name_zh": "生日",
        "name_en": "Birthday",
        "action_zh": "祝福并送专属小礼，不推销",
        "action_en": "Congratulate with a small exclusive gift; sell nothing",
        "script_zh": (
            "问：今天是您的生日，祝您生日快乐！最近有什么不方便吗？\n"
            "查：看有没有未办结的投诉或报障。\n"
            "比：从生日权益里挑两样适合客户的。\n"
            "算：说明权益免费，不影响现在的套餐。\n"
            "办：当场帮客户领取一样，祝福收尾。"
        ),
        "script_en": (
            "Ask: it is the customer's birthday - congratulate; is anything inconvenient lately?\n"
            "Check: open complaints or faults.\n"
            "Compare: two of the birthday benefits that suit this customer.\n"
            "Calculate: say that the gift is free and changes nothing in the plan.\n"
            "Act: claim one of them together, and close with good wishes."
        ),
        "cool_down_days": 300,
        "channel_ab": "sms",
        "channel_c": "sms",
    },
    {
        "code": "A3",
        "bit": 5,
        "category": "A",
        "name_zh": "入网周年",
        "name_en": "Joining anniversary",
        "action_zh": "感谢多年相伴，送网龄权益",
        "action_en": "Thank for the years; give the benefit of tenure",
        "script_zh": (
            "问：感谢您一路相伴，到今天又满一年，对我们的服务还满意吗？\n"
            "查：看网龄、积分和可享的网龄权益。\n"
            "比：现套餐与近半年用量合不合适。\n"
            "算：套餐偏大偏小的，算出合适一档的月支出。\n"
            "办：领取网龄权益，需要的话一并调整套餐。"
        ),
        "script_en": (
            "Ask: another year together today - thank the customer; how satisfied with us?\n"
            "Check: years on the network, points, and the benefits that come with them.\n"
            "Compare: the plan with the use of half a year.\n"
            "Calculate: where the plan is too large or too small, the monthly spend of the fitting one.\n"
            "Act: claim the benefit of tenure, and adjust the plan if wanted."
        ),
        "cool_down_days": 300,
        "channel_ab": "call",
        "channel_c": "sms",
    },
]


def lay(apps, schema_editor):
    apps.get_model("lifecycle", "StagePolicy").objects.create(version=1, is_live=True, **STAGES)
    kinds = apps.get_model("lifecycle", "MomentKind")
    kinds.objects.bulk_create([kinds(**kind) for kind in KINDS])


def lift(apps, schema_editor):
    apps.get_model("lifecycle", "MomentKind").objects.filter(code__in=[kind["code"] for kind in KINDS]).delete()
    apps.get_model("lifecycle", "StagePolicy").objects.filter(version=1).delete()


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0002_key_moment_lean")]

    operations = [migrations.RunPython(lay, lift)]
