"""The first catalogue: what answers bundle expiry, spend drop, the retention line, spend surge, birthday, anniversary.

Every amount is a planning figure of our own unless said, to be replaced by the branch: unit costs follow "near zero
for data and voice packs, small for benefits, subsidy for contracts"; costs stay below the 10 % of a mid/high-end
customer's annual bill (120 yuan x 12) that a phone manager may give away. Save rates: 41.8 % renewals, 28.6 %
exclusive offers and 34.2 % of all warned customers in a demonstration of one operator (2026); targets 40, 25, 30 %.
"""

from django.db import migrations

OFFERS = [
    {
        "code": "RENEW-12",
        "family": "contract",
        "name_zh": "续约专享12个月",
        "name_en": "Renewal for 12 months",
        "pitch_zh": "老客户续约，每月减5元，12个月合计减60元，原套餐不变。",
        "pitch_en": "Renew and pay 5 yuan less each month: 60 yuan over 12 months, same plan.",
        "cost_fen": 60_00,  # 5 yuan x 12
        "binding_months": 12,
        "save_permille": 418,  # renewal rate of the demonstration
        "moments": ["C1"],
        "priority": 10,
    },
    {
        "code": "RENEW-SOFT",
        "family": "benefit",
        "name_zh": "续约流量礼",
        "name_en": "Renewal with data",
        "pitch_zh": "合约到期后保留原价，再送每月3GB流量，连送6个月。",
        "pitch_en": "Keep today's price after the contract, with 3 GB more each month for six months.",
        "cost_fen": 9_00,  # 18 GB at 0.5 yuan: a data pack's marginal cost is near zero
        "binding_months": 6,
        "save_permille": 300,  # target save rate of all offers
        "moments": ["C1"],
        "priority": 20,
    },
    {
        "code": "CREDIT-100",
        "family": "prepaid",
        "name_zh": "预存100送60",
        "name_en": "Prepay 100, get 60",
        "pitch_zh": "预存100元话费送60元，分6个月到账，正好补上近期少用的部分。",
        "pitch_en": "Prepay 100 yuan and get 60 yuan more, spread over six months.",
        "cost_fen": 60_00,
        "binding_months": 6,
        "save_permille": 342,  # all warned customers of the demonstration
        "moments": ["C4"],
        "priority": 10,
    },
    {
        "code": "ACTIVATE-DATA",
        "family": "benefit",
        "name_zh": "活跃流量包",
        "name_en": "Data to use again",
        "pitch_zh": "送10GB流量，3个月内有效，先用起来，不用改套餐。",
        "pitch_en": "10 GB of data for three months, no change of plan.",
        "cost_fen": 5_00,  # 10 GB at 0.5 yuan
        "binding_months": 0,
        "save_permille": 200,  # our own: half of what a contract saves
        "moments": ["C4"],
        "priority": 30,
    },
    {
        "code": "MIN-SPEND-68",
        "family": "min_spend",
        "name_zh": "承诺低消送权益",
        "name_en": "Minimum spend with benefits",
        "pitch_zh": "承诺每月消费68元，送视频会员12个月，不够的部分可以买流量和语音。",
        "pitch_en": "Promise 68 yuan a month and get a video membership for 12 months.",
        "cost_fen": 72_00,  # partner's fee of 6 yuan x 12
        "binding_months": 12,
        "save_permille": 400,  # target renewal rate: a promise of the same kind
        "moments": ["C5"],
        "priority": 10,
    },
    {
        "code": "RIGHT-PLAN",
        "family": "plan",
        "name_zh": "合适套餐",
        "name_en": "The plan that fits",
        "pitch_zh": "按近三个月用量换更合适的套餐，超出部分包进去，总价更低。",
        "pitch_en": "A plan that fits the last three months: what went beyond is included, the total is lower.",
        "cost_fen": 0,  # the surge is turned into a plan fee; no subsidy
        "binding_months": 0,
        "save_permille": 250,  # target for exclusive offers
        "moments": ["B3"],
        "priority": 10,
    },
    {
        "code": "BIRTHDAY-GIFT",
        "family": "care",
        "name_zh": "生日流量礼",
        "name_en": "Birthday data",
        "pitch_zh": "生日快乐！送您2GB流量，当月有效，不用办理任何业务。",
        "pitch_en": "Happy birthday! 2 GB of data this month, nothing to sign.",
        "cost_fen": 1_00,  # 2 GB at 0.5 yuan
        "binding_months": 0,
        "save_permille": 50,  # our own: care is not meant to save by itself
        "moments": ["A2"],
        "priority": 10,
    },
    {
        "code": "ANNIVERSARY-GIFT",
        "family": "care",
        "name_zh": "网龄感谢礼",
        "name_en": "Anniversary thanks",
        "pitch_zh": "感谢您一路同行，送100分钟通话和1GB流量，网龄越长权益越多。",
        "pitch_en": "Thank you for staying with us: 100 minutes and 1 GB of data.",
        "cost_fen": 2_00,  # near zero marginal cost of a voice and a data pack
        "binding_months": 0,
        "save_permille": 50,
        "moments": ["A3"],
        "priority": 10,
    },
    {
        "code": "STAY-EXCLUSIVE",
        "family": "benefit",
        "name_zh": "专享挽留权益",
        "name_en": "Exclusive benefit",
        "pitch_zh": "为您申请了专享权益：每月10GB流量加会员一项，连享3个月，随时可停。",
        "pitch_en": "An exclusive benefit: 10 GB a month and one membership for three months; stop at any time.",
        "cost_fen": 30_00,  # three months of 5 yuan of data and 5 yuan of membership
        "binding_months": 0,
        "save_permille": 286,  # exclusive offers of the demonstration
        "moments": [],  # a warning without a moment
        "priority": 50,
    },
    {
        "code": "CARE-CALL",
        "family": "care",
        "name_zh": "关怀回访",
        "name_en": "A call that cares",
        "pitch_zh": "先听客户的不便，当场解决一件事，不推销。",
        "pitch_en": "Listen first, solve one thing on the spot, sell nothing.",
        "cost_fen": 0,
        "binding_months": 0,
        "save_permille": 150,  # saved without any offer in the handbook's worked example
        "moments": [],
        "priority": 90,
    },
]


def lay(apps, schema_editor):
    offers = apps.get_model("offers", "Offer")
    offers.objects.bulk_create(offers(**offer) for offer in OFFERS)


def lift(apps, schema_editor):
    apps.get_model("offers", "Offer").objects.filter(code__in=[offer["code"] for offer in OFFERS]).delete()


class Migration(migrations.Migration):
    dependencies = [("offers", "0001_initial")]

    operations = [migrations.RunPython(lay, lift)]
