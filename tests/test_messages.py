"""Every visible word exists in both languages."""

import pytest
from django.core.management import CommandError, call_command

from cvm.management import words
from cvm.management.words import Message, from_python, from_template


def test_catalogues_are_complete():
    call_command("messages", "--check")


def test_python_calls_are_found_with_plural_and_context():
    code = 'a = _("One")\nb = ngettext("%(n)s dog", "%(n)s dogs", n)\nc = pgettext("noun", "Call")\nd = _(name)\n'
    assert list(from_python(code)) == [
        Message("One"),
        Message("%(n)s dog", plural="%(n)s dogs"),
        Message("Call", context="noun"),
    ]


def test_adjacent_string_literals_are_one_text():
    assert [message.text for message in from_python('_("One "\n  "two")')] == ["One two"]


def test_template_tags_are_found():
    text = (
        '{% translate "Save" %}{% translate \'Call\' context "noun" as x %}{% translate variable %}'
        "{% blocktranslate count n=rows %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"
        "{% blocktranslate trimmed with a=b %}\n  At {{ a }}\n  100%\n{% endblocktranslate %}"
    )
    assert list(from_template(text)) == [
        Message("Save"),
        Message("Call", context="noun"),
        Message("%(n)s row", plural="%(n)s rows"),
        Message("At %(a)s 100%%"),
    ]


def test_update_keeps_old_words_and_drops_what_is_gone(tmp_path):
    catalogue = tmp_path / "django.po"
    old = [Message("Save"), Message("Gone")]
    assert words.update(catalogue, old, language="zh_Hans", words={"Save": "保存", "Gone": "旧"}) == []
    new = [Message("Save"), Message("New")]
    assert words.update(catalogue, new, language="zh_Hans", words={}) == ["New"]
    assert words.problems(catalogue, {message.key: message for message in new}) == ["empty: New"]


def test_problems_name_missing_obsolete_and_changed_placeholders(tmp_path):
    catalogue = tmp_path / "django.po"
    told = {"%(n)s rows": "很多行", "Gone": "旧"}
    words.update(catalogue, [Message("%(n)s rows"), Message("Gone")], language="zh_Hans", words=told)
    wanted = {message.key: message for message in (Message("%(n)s rows"), Message("Here"))}
    assert sorted(words.problems(catalogue, wanted)) == [
        "missing: Here",
        "obsolete: Gone",
        "placeholders differ: %(n)s rows",
    ]


def test_english_says_what_the_code_says(tmp_path):
    catalogue = tmp_path / "django.po"
    message = Message("%(n)s row", plural="%(n)s rows")
    assert words.update(catalogue, [message], language="en", words={}) == []
    assert words.problems(catalogue, {message.key: message}) == []


def test_check_fails_on_a_missing_catalogue(tmp_path, monkeypatch):
    monkeypatch.setattr("cvm.management.commands.messages._catalogue", lambda language: tmp_path / "none.po")
    with pytest.raises(CommandError):
        call_command("messages", "--check")
