"""The kept test database: another migration is another dump, and what is restored is what was kept."""

import pytest
from django.db import connection

from cvm import testing_database


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A project of one migration, with a state folder of its own."""
    migration = tmp_path / "app" / "migrations" / "0001_initial.py"
    migration.parent.mkdir(parents=True)
    migration.write_text("first")
    monkeypatch.setattr(testing_database, "BASE_DIR", tmp_path)
    monkeypatch.setenv("CVM_ASSETS", str(tmp_path / "state" / "assets"))
    return migration


def test_changed_migration_is_another_dump(elsewhere):
    before = testing_database.dump_file()
    assert testing_database.dump_file() == before
    elsewhere.write_text("second")
    assert testing_database.dump_file() != before


@pytest.mark.django_db(transaction=True)
def test_restored_database_holds_what_was_kept(elsewhere):
    old = testing_database.dump_file().with_name("old.dump")
    old.parent.mkdir(parents=True)
    old.write_bytes(b"")

    testing_database.keep(connection.settings_dict["NAME"])
    testing_database.restore("test_restored")

    assert [path.name for path in old.parent.iterdir()] == [testing_database.dump_file().name]
    with testing_database._maintenance() as cursor:
        cursor.execute("drop database test_restored")
