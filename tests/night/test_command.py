"""`manage.py nightly` before it starts anything."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation


def test_a_day_that_is_none_is_refused_in_words():
    with translation.override("en"), pytest.raises(CommandError, match="Write the day as YYYY-MM-DD"):
        call_command("nightly", "--as-of", "2005-13-01")
