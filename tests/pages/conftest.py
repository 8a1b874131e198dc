import pytest

from tests.pages import branch


@pytest.fixture
def place(db):
    """A branch with a published night."""
    return branch.build()
