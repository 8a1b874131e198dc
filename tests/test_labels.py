"""No screen, address, export or file name of the product says that a customer is worth little (S-054, S-060)."""

import re

import polib
import pytest
from django.conf import settings
from django.urls import get_resolver, reverse

from cvm.columns import COLUMNS
from cvm.filters import StandingFilter
from segmentation.models import Band, Code, Layer
from tests.test_access_matrix import (
    ACCOUNT,
    CLERK,
    LEADER,
    MANAGER,
    PAGES,
    address_of,
    client_of,
    examples,
    names_of,
    people,
)

__all__ = ["examples", "people"]  # fixtures

FRONT_LINE = (MANAGER, LEADER, CLERK, ACCOUNT)
FORBIDDEN = re.compile(
    r"\b(very[ _-]low|low[ _-](value|end|tier|spend(er)?s?)|worst|worthless|unprofitable|bad customers?)\b"
    r"|低值|低价值|低端|劣质|差客户|垃圾客户|无价值|最差",
    re.IGNORECASE,
)


def test_scan_finds_what_it_is_for():
    for words in ("Very low", "a low-value customer", "low_value.csv", "低值客户", "who=very_low", "最差客户"):
        assert FORBIDDEN.search(words)
    for words in ("Basic", "low months", "flow", "lower", "低消月"):
        assert not FORBIDDEN.search(words)


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_no_text_of_either_language_says_so(language):
    catalogue = polib.pofile(settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po")
    said = [entry.msgid for entry in catalogue if FORBIDDEN.search(f"{entry.msgid}\n{entry.msgstr}")]
    assert len(catalogue) > 1000
    assert said == []


def test_no_address_parameter_or_column_says_so():
    names = [*names_of(get_resolver().url_patterns), *StandingFilter.base_filters, *(c.name for c in COLUMNS)]
    choices = [str(label) for kind in (Band, Code, Layer) for label in kind.labels]
    assert [name for name in [*names, *choices] if FORBIDDEN.search(name)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_of_the_front_line_says_so(place, people, examples, language):
    seen = 0
    for role in FRONT_LINE:
        client = client_of(people[role])
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        for name in (name for name, roles in PAGES.items() if role in roles and not name.startswith("api-")):
            answer = client.get(address_of(name, examples))
            found = FORBIDDEN.search(answer.content.decode()) if answer.status_code == 200 else None
            seen += answer.status_code == 200
            assert not found, (name, role, found)
    assert seen > 40
    assert not FORBIDDEN.search(reverse("customers"))
