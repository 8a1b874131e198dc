"""The whole way with real parts: a signed request by curl and openssl as documented, a worker that is killed, a card on the desk."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from rest_framework.authtoken.models import Token

from customers.models import Branch, EventReceipt, Staff
from customers.receiving import keys
from tests.events.happening import make, moments, open_items, report, settle, someone
from tests.night.branches import finish

pytestmark = [pytest.mark.usefixtures("no_tables_left")]
SECONDS = 60
EVENTS = Path(settings.BASE_DIR) / "docs" / "events.md"


def api_client():
    root = Branch.objects.get(parent=None)
    client = Staff.objects.create(username="crm", role="api_client", branch=root)
    key, secret = keys.create_key(client, by=None, at=timezone.now())
    return {"CVM_TOKEN": Token.objects.create(user=client).key, "CVM_KEY": key.code, "CVM_SECRET": secret}


def documented(customer, live_server):
    """Run the example of docs/events.md, about this customer."""
    [script] = re.findall(r"```sh\n(body=.*?)```", EVENTS.read_text("utf-8"), re.DOTALL)
    script = script.replace("8600000001", customer.user_code)
    environment = os.environ | api_client() | {"CVM_URL": live_server.url}
    command = ["sh", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=SECONDS)
    return done.stdout


def outcome_of(receipt):
    deadline = time.monotonic() + SECONDS
    while not (found := EventReceipt.objects.get(pk=receipt.pk)).outcome:
        assert time.monotonic() < deadline, (found.attempts, found.problem)
        time.sleep(0.05)
    return found.outcome


def test_documented_example_reaches_the_desk_through_a_real_worker(celery_worker_process, live_server):
    run = make(spend=finish)
    customer = someone(run)

    answer = documented(customer, live_server)

    assert '"accepted":1' in answer
    assert outcome_of(EventReceipt.objects.get()) == "task"
    [item] = open_items(customer)
    desk = Client()
    desk.force_login(item.manager)
    assert f'data-customer="{customer.pk}"' in desk.get(reverse("callcenter:news")).content.decode()


def test_worker_killed_before_the_judgement_is_made_up_for(celery_worker_process):
    run = make(spend=finish)
    customer = someone(run)
    celery_worker_process.kill()
    receipt = report(customer)  # accepted while nobody is there: its message may be lost for all we know

    celery_worker_process.start()  # looks for what waits as soon as it is ready

    assert outcome_of(receipt) == "task"
    assert (len(moments(customer)), len(open_items(customer))) == (1, 1)


@pytest.mark.browser
def test_card_appears_on_the_open_desk_without_a_reload(browser_page, login, live_server):
    run = make()
    customer = someone(run)
    login(browser_page, customer.manager)
    browser_page.goto("/desk/")
    expect(browser_page.locator("#desk-news li")).to_have_count(0)
    browser_page.evaluate("window.stayed = true")

    report(customer)
    settle()

    card = browser_page.locator(f'#desk-news li[data-customer="{customer.pk}"]')
    expect(card).to_be_visible()
    expect(card).to_contain_text("C2")
    assert browser_page.evaluate("window.stayed") is True
