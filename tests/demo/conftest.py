"""One branch of 20,000 customers, generated once for all tests here."""

import datetime as dt
from types import SimpleNamespace

import pytest

from cvm.demo.branch import make_branch
from cvm.demo.scenario import Scenario
from cvm.demo.standing import make_standing
from cvm.demo.ties import make_groups
from tests.demo.frames import frame_of

AS_OF = dt.date(2026, 11, 22)


@pytest.fixture(scope="package")
def demo():
    """Return scenario, branch, groups, standing and frame."""
    scenario = Scenario(customers=20_000, seed=20, as_of=AS_OF)
    branch = make_branch(scenario)
    groups = make_groups(branch)
    standing = make_standing(branch, groups)
    frame = frame_of(branch, standing, groups)
    return SimpleNamespace(scenario=scenario, branch=branch, groups=groups, standing=standing, frame=frame)


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """A slow hash is right for people and wrong for tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
