"""What a contact costs by channel, in fen: the handbook's planning figures, to be replaced by the branch's own."""

from django.db import migrations

# code, Chinese, English, fen, how systems write it
ROWS = (
    ("call", "电话经理外呼", "Phone manager's call", 6_00, ["call", "外呼", "电话经理"]),
    ("hotline", "热线人工", "Hotline agent", 5_00, ["hotline", "热线", "10086"]),
    ("hall", "营业厅", "Hall", 12_00, ["hall", "营业厅", "厅"]),
    ("visit", "上门走访", "Visit", 80_00, ["visit", "上门", "走访"]),
    ("online", "在线客服", "Online agent", 3_00, ["online", "chat", "在线", "网厅"]),
    ("ivr", "语音自助", "Voice menu", 30, ["ivr", "自助语音", "语音自助"]),
    ("sms", "短信", "Text message", 5, ["sms", "短信"]),
    ("app", "APP消息", "App message", 1, ["app", "掌厅"]),
    ("complaint", "投诉处理", "Complaint", 30_00, []),
)


def lay(apps, schema_editor):
    costs = apps.get_model("segmentation", "ChannelCost")
    costs.objects.bulk_create(
        costs(code=code, name_zh=zh, name_en=en, unit_fen=fen, spellings=words) for code, zh, en, fen, words in ROWS
    )


def lift(apps, schema_editor):
    apps.get_model("segmentation", "ChannelCost").objects.filter(code__in=[row[0] for row in ROWS]).delete()


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0003_channel_cost")]

    operations = [migrations.RunPython(lay, lift)]
