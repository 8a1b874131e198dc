"""The rail: own job first, nothing a role may not open, one line marked."""

import pytest

from cvm.rail import SECTIONS, lines_for, rail


def shown(role="analyst", path="/x/", closed=()):
    return rail(role=role, path=path, may=lambda need: need not in closed, address=lambda name: f"/{name}/")


def labels(sections):
    return [section.label for section in sections]


def test_section_of_the_own_job_stands_first_and_the_others_keep_their_order():
    plain = [str(label) for label, _lines in SECTIONS]
    assert labels(shown(role="phone_manager")) == plain
    assert labels(shown(role="analyst"))[0] == plain[1]
    assert labels(shown(role="admin")) == [plain[3], *plain[:3], plain[4]]


def test_what_may_not_be_opened_is_not_shown_nor_an_empty_section():
    needs = {need for need, *_rest in SECTIONS[0][1]}
    sections = shown(closed=needs)
    assert len(sections) == len(SECTIONS) - 1
    assert all(section.entries for section in sections)


@pytest.mark.parametrize(("path", "marked"), [("/tiers/3/", ["/tiers/"]), ("/nowhere/", [])])
def test_at_most_one_line_is_marked(path, marked):
    assert [entry.url for section in shown(path=path) for entry in section.entries if entry.is_current] == marked


def test_every_line_has_its_own_page():
    names = [name for _need, name, _icon, _words in lines_for("analyst")]
    assert len(names) == len(set(names))
