import pytest

from callcenter.tests.branch import build_branch


@pytest.fixture
def branch(db):
    return build_branch()
