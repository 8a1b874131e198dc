"""The first playbook of each stage. Texts are our own, after the stage rules of the seeds (S-018 to S-022, S-050).

Rhythm: two months for who is well, one month for newcomers and decline, a quarter after exit; none of it from a source,
to be set by the branch.
"""

from django.db import migrations
from django.utils import timezone

PLAYBOOKS = [
    {
        "stage": 1,
        "aim_zh": "安家：讲清首月账单，办好自动缴费，绑定一项专属服务",
        "aim_en": "Settle in: explain the first bill, set up automatic payment, bind one exclusive service",
        "talk_zh": (
            "问使用感受，首月账单逐项讲清\n核对套餐与实际用量，偏大偏小当场调\n"
            "教会一个常用自助入口，留下专属电话\n补全资料：联系方式、家庭成员、宽带情况"
        ),
        "talk_en": (
            "Ask how the first weeks went; go through the first bill line by line\n"
            "Compare plan and use; change a plan that does not fit at once\n"
            "Show one self-service entry and leave the direct number\n"
            "Complete the record: contacts, family, broadband"
        ),
        "avoid_zh": "入网三个月内不推合约捆绑\n不群发营销短信",
        "avoid_en": "No contract in the first three months\nNo mass messages",
        "offer_families": ["care", "benefit"],
        "channels": ["call", "sms", "app"],
        "rhythm_days": 30,
    },
    {
        "stage": 2,
        "aim_zh": "提升：把有潜力的客户培养成中高端",
        "aim_en": "Grow: raise customers with potential to mid and high",
        "talk_zh": (
            "先看超套与流量趋势，算升档后每月省多少\n推荐高一档套餐或家庭融合，讲总价不讲单价\n"
            "说明达到中高端后的专属权益\n记录暂不升档的原因，约下次"
        ),
        "talk_en": (
            "Look at excess fees and the trend of data; calculate what the next plan saves a month\n"
            "Recommend the next plan or a family bundle by the total, not the unit price\n"
            "Tell which benefits come with mid and high\n"
            "Write down why not now, and agree when to talk again"
        ),
        "avoid_zh": "没有用量依据不劝升档\n代码 C 无潜力信号的不做成片提升",
        "avoid_en": "No higher plan without use that supports it\nNo blanket campaign for code C without signs of potential",
        "offer_families": ["plan", "broadband", "benefit"],
        "channels": ["call", "app", "sms"],
        "rhythm_days": 60,
    },
    {
        "stage": 3,
        "aim_zh": "成熟：加强交叉销售，培养忠诚",
        "aim_en": "Mature: sell across, and cultivate loyalty",
        "talk_zh": (
            "感谢多年相伴，先兑现一项网龄或积分权益\n从家庭、宽带、终端里选一项他还没有的\n"
            "问满意与不满意各一处，记为需求\n判断忠诚是主动还是被动，记入档案"
        ),
        "talk_en": (
            "Thank for the years; give one benefit of tenure or points first\n"
            "Choose one thing he does not have yet: family, broadband or handset\n"
            "Ask for one thing that is well and one that is not, and record it as a need\n"
            "Judge whether the loyalty is active or passive, and record it"
        ),
        "avoid_zh": "一次只谈一项\n近期有投诉未办结的不营销",
        "avoid_en": "One thing at a time\nNo selling while a complaint is open",
        "offer_families": ["broadband", "contract", "prepaid", "benefit"],
        "channels": ["call", "chat", "hall", "app"],
        "rhythm_days": 60,
    },
    {
        "stage": 4,
        "aim_zh": "衰退：找准原因，及时挽留",
        "aim_en": "Decline: find the cause and save in time",
        "talk_zh": (
            "先关心后业务，问用得少了是因为双卡、异网、价格还是服务\n属于服务问题的，先解决再谈方案\n"
            "套餐偏大的主动调合适，宁可少收也不流失\n按权限给续约或承诺低消优惠，当场办结\n不成功的记原因，约回访"
        ),
        "talk_en": (
            "Care first: is it a second SIM, a competitor, the price or the service?\n"
            "Where it is the service, solve it before any offer\n"
            "Where the plan is too large, right-size it: less revenue is better than none\n"
            "Renewal or minimum spend within your authority, booked at once\n"
            "Where it fails, record the cause and agree a follow-up"
        ),
        "avoid_zh": "不质问是否要携转\n不同人员不重复联系同一家庭",
        "avoid_en": "Never ask whether somebody is about to port out\nNever two callers to one family",
        "offer_families": ["min_spend", "contract", "plan", "prepaid"],
        "channels": ["call", "visit", "chat"],
        "rhythm_days": 30,
    },
    {
        "stage": 5,
        "aim_zh": "离开：保留档案，适时回流",
        "aim_en": "Exit: keep the record, win back in time",
        "talk_zh": (
            "停机与沉默：先问是否忘缴、换号或出国，帮助恢复使用\n携出与销户：问离开原因，致谢，不纠缠\n"
            "合约到期前后用回流方案联系一次\n回来的客户保留原网龄与权益记录"
        ),
        "talk_en": (
            "Suspended or silent: forgotten payment, another number, abroad? Help to use it again\n"
            "Ported or cancelled: ask why, thank, and leave it there\n"
            "Get in touch once with a win-back offer around the end of the other contract\n"
            "Whoever comes back keeps the record of years and benefits"
        ),
        "avoid_zh": "明确拒绝的不再联系\n档案与历史一律不删除",
        "avoid_en": "No further contact after a clear no\nNever delete record or history",
        "offer_families": ["prepaid", "benefit", "care"],
        "channels": ["sms", "call"],
        "rhythm_days": 90,
    },
]
NOTE = "出厂默认，依据市场运营手册的生命周期策略"


def lay(apps, schema_editor):
    playbooks, now = apps.get_model("lifecycle", "Playbook"), timezone.now()
    playbooks.objects.bulk_create(
        playbooks(version=1, status="live", created_at=now, published_at=now, note=NOTE, **one) for one in PLAYBOOKS
    )


def lift(apps, schema_editor):
    apps.get_model("lifecycle", "Playbook").objects.filter(version=1, note=NOTE).delete()


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0009_playbook")]

    operations = [migrations.RunPython(lay, lift)]
