import pytest

from customers.masking import masked_name, masked_number, sees_value, visible_name
from customers.models import Staff


@pytest.mark.parametrize(
    ("number", "shown"), [("13800138000", "138****8000"), ("01234567", "012****4567"), ("12345", "**45"), ("", "**")]
)
def test_number_shows_head_and_tail_only(number, shown):
    assert masked_number(number) == shown


@pytest.mark.parametrize(("name", "shown"), [("王小明", "王**"), ("欧", "欧**"), ("", "")])
def test_name_shows_its_first_character_only(name, shown):
    assert masked_name(name) == shown


@pytest.mark.parametrize(("role", "shown"), [("phone_manager", "王小明"), ("analyst", "王**"), ("auditor", "王**")])
def test_name_is_clear_for_those_who_speak_to_customers(role, shown):
    assert visible_name("王小明", user=Staff(role=role)) == shown


@pytest.mark.parametrize(("role", "sees"), [("analyst", True), ("hall_clerk", False), ("account_manager", False)])
def test_value_is_for_permitted_roles(role, sees):
    assert sees_value(Staff(role=role)) is sees
