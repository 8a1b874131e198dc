"""Fixtures of the customers' tests."""

from __future__ import annotations

import pytest

from customers.tests.files import Desk


@pytest.fixture
def desk(tmp_path, db):
    return Desk(tmp_path)
