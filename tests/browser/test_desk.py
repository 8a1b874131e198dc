"""The phone manager's whole job, by keyboard, in a real browser."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from callcenter import views
from callcenter.models import Callback, Contact, QueueItem
from callcenter.tests.branch import ANY_HOUR, allow_calls, build_branch, drop_standings
from customers.actions import set_do_not_disturb
from customers.models import DoNotDisturb, Need

pytestmark = pytest.mark.browser

PASSWORD = "correct-horse-7"


@pytest.fixture
def desk_branch(transactional_db, settings):
    branch = build_branch()
    allow_calls(ANY_HOUR)
    yield branch
    drop_standings()


@pytest.fixture
def manager(desk_branch):
    manager = desk_branch.manager("lin")
    manager.set_password(PASSWORD)
    manager.save()
    return manager


@pytest.fixture
def page(browser_page, login, manager):
    login(browser_page, manager)
    return browser_page


def who(page):
    return page.locator("#desk-who")


def start(page):
    page.goto("/desk/")
    page.keyboard.press("n")
    expect(who(page)).to_be_focused()


def saved(count):
    """Return the contacts once there are `count` of them."""
    contacts = list(Contact.objects.order_by("pk"))
    assert len(contacts) == count
    return contacts


def test_three_customers_by_keyboard_from_the_login_page(browser_page, desk_branch, manager):
    page = browser_page
    first, second, third = (desk_branch.queued(manager, 1)[0].customer for _ in range(3))
    page.goto("/desk/")
    page.locator("input[name=username]").focus()
    page.keyboard.type("lin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".empty h2")).to_be_visible()
    page.wait_for_load_state()  # the keys come with the scripts

    page.keyboard.press("n")
    expect(who(page)).to_have_text(first.name)
    page.keyboard.press("1")
    expect(page.locator("#id_note")).to_be_focused()
    page.keyboard.type("办了续约 12")
    page.keyboard.press("Enter")

    expect(who(page)).to_have_text(second.name)
    expect(who(page)).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator("#id_cause")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(who(page)).to_have_text(third.name)
    expect(who(page)).to_be_focused()
    page.keyboard.press("4")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator(".empty h2")).to_be_visible()
    contacts = saved(3)
    assert [(contact.customer_id, contact.outcome, contact.cause, contact.note) for contact in contacts] == [
        (first.pk, "accepted", "", "办了续约 12"),
        (second.pk, "refused", "fee", ""),
        (third.pk, "no_answer", "", ""),
    ]


def test_promise_is_made_by_keyboard(page, desk_branch, manager):
    customer = desk_branch.queued(manager, 1)[0].customer
    tomorrow = timezone.localtime() + dt.timedelta(days=1)
    start(page)
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.locator("#id_callback_at").fill(f"{tomorrow:%Y-%m-%dT10:30}")
    page.keyboard.press("Enter")

    expect(page.locator(".empty h2")).to_be_visible()
    promise = Callback.objects.get(customer=customer)
    assert timezone.localtime(promise.due_at).strftime("%d %H:%M") == f"{tomorrow:%d} 10:30"


def test_number_is_shown_on_a_key_and_hides_by_itself(page, desk_branch, manager):
    customer = desk_branch.queued(manager, 1)[0].customer
    page.clock.install()
    start(page)
    assert customer.msisdn not in page.content()
    page.keyboard.press("c")

    expect(page.locator(".desk-digits")).to_have_text(customer.msisdn)
    page.clock.fast_forward(61_000)
    expect(page.locator(".desk-digits")).to_have_text("138****0001")
    assert customer.msisdn not in page.content()


def test_reload_keeps_the_card(page, desk_branch, manager):
    desk_branch.queued(manager, 2)
    start(page)
    name = who(page).inner_text()
    page.reload()

    expect(who(page)).to_have_text(name)


def test_two_browsers_hold_two_customers(page, desk_branch, manager, live_server, login):
    desk_branch.queued(manager, 2)
    other = page.context.browser.new_context(base_url=live_server.url, locale="zh-CN").new_page()
    login(other, manager)
    start(page)
    start(other)

    assert who(page).inner_text() != who(other).inner_text()
    other.context.close()


def test_lost_lease_is_told_and_the_note_kept(page, desk_branch, manager):
    item = desk_branch.queued(manager, 1)[0]
    start(page)
    page.keyboard.press("1")
    page.keyboard.type("客户同意续约")
    QueueItem.objects.filter(pk=item.pk).update(lease_expires_at=timezone.now() - dt.timedelta(seconds=1))
    page.keyboard.press("Enter")

    expect(page.locator(".desk-lost")).to_be_visible()
    expect(page.locator("#kept-note")).to_have_value("客户同意续约")
    saved(0)
    expect(page.locator(".desk-lost")).to_be_focused()
    page.keyboard.press("n")
    expect(who(page)).to_have_text(item.customer.name)
    expect(who(page)).to_be_focused()
    expect(page.locator("#id_note")).to_have_value("客户同意续约")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".empty h2")).to_be_visible()
    saved(1)


def test_heartbeat_tells_when_the_customer_said_do_not_call(page, desk_branch, manager):
    item = desk_branch.queued(manager, 1)[0]
    page.clock.install()
    start(page)
    set_do_not_disturb(item.customer, by=None, at=views.database_now(), source="hotline")
    page.clock.fast_forward(31_000)

    expect(page.locator(".desk-lease-lost")).to_be_visible()


def test_do_not_call_ends_the_customer_everywhere(page, desk_branch, manager):
    item = desk_branch.queued(manager, 1)[0]
    desk_branch.promise(item.customer, due_at=timezone.now() + dt.timedelta(hours=3))
    start(page)
    page.keyboard.press("5")
    page.keyboard.press("Enter")

    expect(page.locator(".empty h2")).to_be_visible()
    assert DoNotDisturb.objects.filter(customer=item.customer).exists()
    page.goto("/desk/promises/")
    expect(page.locator("main")).not_to_contain_text(item.customer.name)


def test_skip_asks_for_a_reason(page, desk_branch, manager):
    first, second = (desk_branch.queued(manager, 1)[0].customer for _ in range(2))
    start(page)
    expect(who(page)).to_have_text(first.name)
    page.keyboard.press("s")
    expect(page.locator("#desk-skip")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(who(page)).to_have_text(second.name)


def test_without_connection_the_typed_text_stays(page, desk_branch, manager):
    desk_branch.queued(manager, 1)
    start(page)
    page.keyboard.press("1")
    page.keyboard.type("还没保存")
    page.context.set_offline(True)
    page.keyboard.press("Enter")

    expect(page.locator("#desk-offline")).to_be_visible()
    expect(page.locator("#id_note")).to_have_value("还没保存")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.locator(".empty h2")).to_be_visible()
    expect(page.locator("#desk-offline")).to_be_hidden()
    assert [contact.note for contact in saved(1)] == ["还没保存"]


def test_question_mark_shows_every_key(page, desk_branch, manager):
    desk_branch.queued(manager, 1)
    start(page)
    page.keyboard.press("?")
    expect(page.locator("#desk-keys")).to_be_visible()
    shown = set(page.locator("#desk-keys dt kbd").all_inner_texts())
    used = {
        key
        for keys in page.locator("[data-key]").evaluate_all("all => all.map(e => e.dataset.key)")
        for key in keys.split()
    }
    page.keyboard.press("Escape")

    expect(page.locator("#desk-keys")).to_be_hidden()
    assert used - {"Space"} <= shown


def test_desk_works_without_scripts(browser_page, live_server, login, desk_branch, manager):
    item = desk_branch.queued(manager, 1)[0]
    context = browser_page.context.browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="zh-CN"
    )
    page = context.new_page()
    login(page, manager)
    page.goto("/desk/")
    page.locator("main form[action$='/claim/'] button").click()
    expect(who(page)).to_have_text(item.customer.name)
    page.locator("input[value=accepted]").check(force=True)
    page.locator("button[value=next]").click()

    expect(page.locator(".empty h2")).to_be_visible()
    saved(1)
    context.close()


def test_need_is_noted_by_keyboard_and_the_call_goes_on(page, desk_branch, manager):
    desk_branch.queued(manager, 1)
    start(page)

    page.keyboard.press("d")
    page.keyboard.type("jtkd")
    page.keyboard.press("Enter")

    expect(page.locator("#desk-needs .need-note")).to_be_visible()
    expect(page.locator("#id_need")).to_be_focused()
    assert [need.kind.code for need in Need.objects.select_related("kind")] == ["BROADBAND"]
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_be_visible()
    assert saved(1)[0].outcome == "accepted"
