"""Small made-up files of the operator, and the import of one of them."""

from __future__ import annotations

import datetime as dt

from customers.importing.run import import_file
from customers.importing.templates import install_templates

NOW = dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)
PROFILE = ("用户编码", "手机号码", "姓名", "归属县市", "入网时间", "用户状态")
BILLS = ("账期", "用户编码", "用户状态", "当月ARPU（元）", "主叫MOU（分）", "DOU（MB）", "通话天数")


class Desk:
    """A folder of files and the one way they go in."""

    def __init__(self, folder):
        self.folder = folder
        install_templates()

    def write(self, name, header, *rows, encoding="utf-8", separator=","):
        text = "\n".join(separator.join(cells) for cells in (header, *rows)) + "\n"
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def take(self, path, **options):
        """Import a file; whatever it is like, every row read has gone somewhere (I-01)."""
        result = import_file(path, now=NOW, **options)
        account = result.account
        assert account.read == account.accepted + len(account.rejects) + account.duplicate
        assert account.accepted == account.new + account.changed + account.unchanged
        assert min(account.new, account.changed, account.unchanged, account.duplicate) >= 0
        if result.batch is not None and not result.already:
            assert result.batch.sha256
            assert result.batch.size_bytes == path.stat().st_size
        return result

    def profiles(self, *rows, name="客户资料.csv", header=PROFILE, **options):
        return self.take(self.write(name, header, *rows, **options))

    def bills(self, *rows, name="月账单.csv", header=BILLS, **options):
        return self.take(self.write(name, header, *rows, **options))

    def customers(self, count):
        rows = [(f"U{n}", f"1380000{n:04d}", "王伟", "城关区", "2020-01-15", "正使用") for n in range(1, count + 1)]
        return self.profiles(*rows)


def why(result):
    """Return (line, column, reason) of the rejected rows."""
    return [(reject.line, reject.column, reject.reason) for reject in result.account.rejects]
