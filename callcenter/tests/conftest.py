import pytest
from django.db import transaction

from callcenter.tests.branch import build_branch, drop_standings


@pytest.fixture
def branch(db):
    return build_branch()


@pytest.fixture
def shared_branch(transactional_db):
    """A branch other connections see as well."""
    with transaction.atomic():
        branch = build_branch()
    yield branch
    drop_standings()
