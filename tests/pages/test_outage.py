"""Pages while the database is away."""

import contextlib

import psycopg2
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.urls import reverse

from cvm import commandline
from cvm.outage import is_outage

REFUSED = 'connection to server on socket "/tmp/x" failed: Connection refused\n\tIs the server running?'


class Slow(psycopg2.OperationalError):
    pgcode = "57014"


class Stopping(psycopg2.OperationalError):
    pgcode = "57P01"


def caused(error, by):
    """An error of Django's as its wrapper raises it."""
    error.__cause__ = by
    return error


def refuse(_asked):
    """What every question to an absent database ends in."""
    raise OperationalError(REFUSED)


@pytest.fixture
def away(monkeypatch):
    """Whoever asks for the logged-in person learns that nobody answers."""

    monkeypatch.setattr("django.contrib.auth.middleware.get_user", refuse)
    monkeypatch.setattr(
        "rest_framework.authentication.TokenAuthentication.authenticate", lambda self, request: refuse(request)
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError(REFUSED), True),
        (InterfaceError("connection already closed"), True),
        (InterfaceError("cursor already closed"), False),
        (caused(OperationalError("terminating connection"), Stopping()), True),
        (caused(OperationalError("canceling statement due to statement timeout"), Slow()), False),
        (ProgrammingError("no such table"), False),
        (ValueError(), False),
    ],
)
def test_outage_is_told_from_other_errors(error, expected):
    assert is_outage(error) is expected


def test_page_says_so_and_comes_back_by_itself(client, away):
    response = client.get(reverse("home"))

    page = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert '<html lang="zh-hans">' in page
    assert '<meta http-equiv="refresh" content="10">' in page
    assert "socket" not in page


@pytest.mark.browser
def test_button_of_a_page_without_the_vendors_sheet_can_be_read(browser_page, away):
    browser_page.goto(reverse("home"))

    style = "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    ink, ground = browser_page.eval_on_selector("a.btn-primary", style)

    assert (ink, ground) == ("rgb(255, 255, 255)", "rgb(11, 92, 173)")


def test_form_is_told_that_nothing_was_saved(client, away):
    response = client.post(reverse("run-start"))

    assert response.status_code == 503
    assert "refresh" not in response.content.decode()


def test_api_answers_in_its_own_words(client, away):
    response = client.get("/api/v1/customers/")

    assert response.status_code == 503
    assert list(response.json()) == ["detail"]


def test_other_errors_stay_errors(client, monkeypatch):
    def break_down(request):
        raise ValueError

    monkeypatch.setattr("django.contrib.auth.middleware.get_user", break_down)
    client.raise_request_exception = False

    assert client.get(reverse("home")).status_code == 500


@pytest.mark.parametrize("command", [["nightly"], ["import", "x.csv"], ["staff", "list"], ["migrate"]])
def test_command_without_a_database_says_so_in_both_languages(monkeypatch, command):
    monkeypatch.setattr(commandline, "servers_for", lambda arguments: contextlib.nullcontext())
    monkeypatch.setattr(commandline, "execute_from_command_line", refuse)

    with pytest.raises(SystemExit) as found:
        commandline.execute(["manage.py", *command])

    told = str(found.value)
    assert "does not answer: connection to server" in told
    assert "无响应" in told
    assert "Is the server running" not in told


def test_other_errors_of_a_command_are_not_hidden(monkeypatch):
    def time_out(arguments):
        raise caused(OperationalError("canceling statement due to statement timeout"), Slow())

    monkeypatch.setattr(commandline, "servers_for", lambda arguments: contextlib.nullcontext())
    monkeypatch.setattr(commandline, "execute_from_command_line", time_out)

    with pytest.raises(OperationalError):
        commandline.execute(["manage.py", "nightly"])
