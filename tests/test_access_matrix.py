"""Every address of the product against every role, the outsider and the stranger; and what no page may say.

The table is written by hand, not derived from customers/access.py: it is the second opinion. An address that is not
in it fails the first test.
"""

import datetime as dt
import functools
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, reverse

from callcenter.models import CallList, CallListEntry
from customers.models import Branch, Customer, EventDelivery, ImportBatch, MappingTemplate, ReportedFigure, Staff
from lifecycle.models import BackTest, FocusGroup, FocusGroupMember, MomentKind
from offers.models import Experiment, ExperimentArm
from segmentation.segment_actions import create_segment
from tests.pages import branch

pytestmark = pytest.mark.django_db

ANALYST, MANAGER, LEADER, CLERK = "analyst", "phone_manager", "team_leader", "hall_clerk"
ACCOUNT, ADMIN, AUDITOR, API = "account_manager", "admin", "auditor", "api_client"
HOTLINE = "hotline_agent"
EVERYBODY = {ANALYST, MANAGER, LEADER, CLERK, HOTLINE, ACCOUNT, ADMIN, AUDITOR, API}
LISTS = {ANALYST, MANAGER, LEADER, AUDITOR, API}
READS_API = LISTS | {ADMIN}
SEARCHERS = {ANALYST, MANAGER, LEADER, CLERK, HOTLINE, ACCOUNT, AUDITOR}

# name -> who may read it; a name with a customer, run or import in its address has an example in EXAMPLES
PAGES = {
    "home": {ANALYST, LEADER, ADMIN, AUDITOR},
    "boards": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-concentration": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-pivots": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-products": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-layers": {ANALYST, LEADER, ADMIN, AUDITOR},
    "layer-owners": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-movement": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-forward": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-banner": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-keep": {ANALYST, LEADER, ADMIN, AUDITOR},
    "board-outcome": {ANALYST, LEADER, ADMIN, AUDITOR},
    "reported-figures": {ADMIN},
    "board-costs": {ANALYST, LEADER, ADMIN, AUDITOR},
    "ledger": {ANALYST, LEADER, ADMIN, AUDITOR},
    "stages": {ANALYST, LEADER, ADMIN, AUDITOR},
    "definitions": {ANALYST, MANAGER, LEADER, ADMIN, AUDITOR},
    "call-lists": {ANALYST, MANAGER, LEADER, AUDITOR},
    "call-list": {ANALYST, MANAGER, LEADER, AUDITOR},
    "experiments": {ANALYST, ADMIN, AUDITOR},
    "experiment": {ANALYST, ADMIN, AUDITOR},
    "experiment-file": {ANALYST, ADMIN, AUDITOR},
    "experiment-new": {ANALYST, ADMIN},
    "edge": {ANALYST, MANAGER, LEADER, AUDITOR},
    "customers": LISTS,
    "search": SEARCHERS,
    "focus-groups": {ANALYST, LEADER, ADMIN, AUDITOR},
    "focus-group": {ANALYST, LEADER, ADMIN, AUDITOR},
    "playbooks": EVERYBODY - {API},
    "playbook": EVERYBODY - {API},
    "stage-policy": {ANALYST, ADMIN, AUDITOR},
    "stage-policy-day": {ANALYST, ADMIN, AUDITOR},
    "stage-policy-version": {ANALYST, ADMIN, AUDITOR},
    "stage-policy-version-effect": {ANALYST, ADMIN, AUDITOR},
    "customer": LISTS | {CLERK, HOTLINE, ACCOUNT},
    "customer-timeline": LISTS | {CLERK, HOTLINE, ACCOUNT},
    "merges": {LEADER},
    "runs": {ANALYST, ADMIN, AUDITOR, API},
    "run": {ANALYST, ADMIN, AUDITOR, API},
    "imports": {ADMIN, AUDITOR},
    "import-rejects": {ADMIN, AUDITOR},
    "import": {ADMIN, AUDITOR},
    "import-new": {ADMIN},
    "import-templates": {ADMIN, AUDITOR},
    "import-template-file": {ADMIN, AUDITOR},
    "tasks": {ANALYST, MANAGER, LEADER, CLERK, HOTLINE, ACCOUNT, AUDITOR, API},
    "scoreboard": {ANALYST, LEADER, AUDITOR},
    "scoreboard-file": {ANALYST, LEADER, AUDITOR},
    "tiers": {ANALYST, ADMIN, AUDITOR},
    "tiers-day": {ANALYST, ADMIN, AUDITOR},
    "tiers-density": {ANALYST, ADMIN, AUDITOR},
    "tiers-version": {ANALYST, ADMIN, AUDITOR},
    "tiers-version-file": {ANALYST, ADMIN, AUDITOR},
    "tiers-version-effect": {ANALYST, ADMIN, AUDITOR},
    "tiers-version-codes": {ANALYST, ADMIN, AUDITOR},
    "tiers-version-who": {ADMIN},
    "moments": {ANALYST, MANAGER, LEADER, ADMIN, AUDITOR},
    "moment": {ANALYST, MANAGER, LEADER, ADMIN, AUDITOR},
    "moment-log": {ANALYST, MANAGER, LEADER, AUDITOR},
    "moment-edit": {ADMIN},
    "back-tests": {ANALYST, ADMIN, AUDITOR},
    "back-test-kind": {ANALYST, ADMIN, AUDITOR},
    "back-test": {ANALYST, ADMIN, AUDITOR},
    "needs": {ANALYST, LEADER, ADMIN, AUDITOR},
    "needs-records": {ANALYST, LEADER, ADMIN, AUDITOR},
    "needs-surveys": {ANALYST, LEADER, ADMIN, AUDITOR},
    "tags": {ANALYST},
    "segments": {ANALYST, MANAGER, LEADER, AUDITOR},
    "segment": {ANALYST, MANAGER, LEADER, AUDITOR},
    "segment-story": {ANALYST, MANAGER, LEADER, AUDITOR},
    "segment-new": {ANALYST, MANAGER},
    "segment-edit": {ANALYST},  # a phone manager changes own circles only: tests/pages/test_segments.py
    "callcenter:desk": {MANAGER},
    "callcenter:news": {MANAGER},
    "callcenter:promises": {MANAGER},
    "callcenter:team": {LEADER},
    "saved-views": LISTS,
    "exports": {ANALYST, LEADER},
    "export-log": {ADMIN, AUDITOR},
    "events": {ANALYST, ADMIN, AUDITOR},
    "event-delivery": {ANALYST, ADMIN, AUDITOR},
    "signing-keys": {ADMIN},
    "password_change": EVERYBODY,
    "api-root": READS_API,
    "api-schema": READS_API,
    "api-docs": READS_API,
    "api-customer-list": LISTS,
    "api-customer-detail": LISTS,
    "api-standing-list": LISTS,
    "api-standing-detail": LISTS,
    "api-segment-counts": LISTS,
    "api-stage-flow": LISTS,
    "api-stage-measures": LISTS,
    "api-run-list": {ANALYST, ADMIN, AUDITOR, API},
    "api-run-detail": {ANALYST, ADMIN, AUDITOR, API},
    "api-queue-list": {MANAGER},
    "api-task-list": {ANALYST, MANAGER, LEADER, AUDITOR, API},
    "api-import-detail": {ADMIN, API},
    "api-import-rejects": {ADMIN, API},
}
# name -> who may do it; all of them answer 405 to a read
DEEDS = {
    "merge-new": {LEADER},
    "merge-undo": {LEADER},
    "run-start": {ADMIN},
    "back-test-ask": {ANALYST, ADMIN},
    "back-test-cancel": {ANALYST, ADMIN},
    "back-test-adopt": {ADMIN},
    "ledger-close": {ADMIN},
    "ledger-open": {ADMIN},
    "experiment-create": {ANALYST, ADMIN},
    "experiment-start": {ANALYST, ADMIN},
    "experiment-stop": {ANALYST, ADMIN},
    "experiment-discard": {ANALYST, ADMIN},
    "call-list-make": {ANALYST, MANAGER, LEADER},
    "call-list-close": {ANALYST, LEADER},  # its maker, here the analyst, and leaders
    "task-accept": {CLERK, HOTLINE, ACCOUNT},
    "task-close": {CLERK, HOTLINE, ACCOUNT},
    "task-hold": {CLERK, HOTLINE, ACCOUNT},
    "layer-owners-save": {ADMIN},
    "tiers-preview": {ADMIN},
    "tiers-save": {ADMIN},
    "tiers-publish": {ADMIN},
    "tiers-discard": {ADMIN},
    "tiers-approve": {ADMIN},
    "tiers-codes": {ADMIN},
    "tiers-who": {ADMIN},
    "tiers-back-test": {ADMIN},
    "tiers-take-back": {ADMIN},
    "tiers-roll-back": {ADMIN},
    "focus-group-new": {ANALYST},
    "focus-group-idea": {ANALYST},
    "focus-group-member": {ANALYST},
    "focus-group-need": {ANALYST},
    "playbook-save": {ADMIN},
    "playbook-publish": {ADMIN},
    "playbook-discard": {ADMIN},
    "playbook-roll-back": {ADMIN},
    "offer-stages": {ADMIN},
    "stage-policy-preview": {ADMIN},
    "stage-policy-movers": {ADMIN},
    "stage-policy-back-test": {ADMIN},
    "stage-policy-save": {ADMIN},
    "stage-policy-publish": {ADMIN},
    "stage-policy-approve": {ADMIN},
    "stage-policy-take-back": {ADMIN},
    "stage-policy-discard": {ADMIN},
    "stage-policy-roll-back": {ADMIN},
    "import-upload": {ADMIN},
    "import-mapping": {ADMIN},
    "import-mapping-preview": {ADMIN},
    "import-confirm": {ADMIN},
    "import-cancel": {ADMIN},
    "import-undo": {ADMIN},
    "import-template-new": {ADMIN},
    "import-template-rename": {ADMIN},
    "import-template-delete": {ADMIN},
    "callcenter:claim": {MANAGER},
    "callcenter:heartbeat": {MANAGER},
    "callcenter:number": {MANAGER},
    "callcenter:result": {MANAGER},
    "callcenter:skip": {MANAGER},
    "callcenter:need": {MANAGER},
    "callcenter:suggestion": {MANAGER},
    "callcenter:field": {MANAGER},
    "callcenter:survey": {MANAGER},
    "customer-need": {MANAGER, LEADER, CLERK, HOTLINE, ACCOUNT},
    "customer-need-dismissal": {MANAGER, LEADER, CLERK, HOTLINE, ACCOUNT},
    "customer-field": {MANAGER, LEADER, CLERK, HOTLINE, ACCOUNT},
    "moment-change": {ADMIN},
    "needs-analyse": {ANALYST, LEADER},
    "needs-apply": {ANALYST, LEADER},
    "needs-drop": {ANALYST, LEADER},
    "tag-new": {ANALYST},
    "tag-change": {ANALYST},
    "tag-switch": {ANALYST},
    "moment-tags": {ANALYST},
    "offer-tags": {ANALYST},
    "segment-count": {ANALYST, MANAGER},
    "segment-create": {ANALYST, MANAGER},
    "segment-change": {ANALYST, MANAGER},
    "segment-lock": {ANALYST, MANAGER},
    "segment-retire": {ANALYST, MANAGER},
    "saved-view-save": LISTS,
    "saved-view-rename": LISTS,
    "saved-view-delete": LISTS,
    "event-delivery-again": {ADMIN},
    "reported-figure-new": {ADMIN},
    "reported-figure-withdraw": {ADMIN},
    "signing-key-new": {ADMIN},
    "signing-key-retire": {ADMIN},
    "export-request": {ANALYST, LEADER},
    "export-approve": {ADMIN},
    "export-refuse": {ADMIN},
    "logout": EVERYBODY,
}
# name -> who may do it by API; others get 403, strangers 401, a read 405
API_DEEDS = {
    "api-customer-search": SEARCHERS & READS_API,
    "api-event-list": {API},
    "api-import-list": {ADMIN, API},
    "api-import-confirmation": {ADMIN},
    "api-task-sent": {API},
}
OWN = {"export-file"}  # its requester's alone, once: tests/pages/test_exports.py
OPEN = {"login", "set_language"}  # for strangers too
LEADS_ON = {"home"}  # instead of refusing, it leads everybody else to where their job is
ADDRESSED = {
    "customer": "pk",
    "customer-timeline": "pk",
    "api-customer-detail": "pk",
    "api-standing-detail": "customer_id",
}
MOST_QUERIES = 17
DAY = dt.timedelta(days=1)
LOGINS = {}  # cookies of who is logged in, by staff id
QUERIES = {
    "api-segment-counts": "?kind=state",
    "tiers-day": "?day=2099-01-01",
    "tiers-version-who": "?what=moved",
    "stage-policy-day": "?day=2099-01-01",
}


@pytest.fixture(scope="module")
def people(_branch_of_module):
    """One person of each role who may see customer 1; all are logged in, once for the module."""
    place = _branch_of_module
    root = Branch.objects.get(parent=None)
    found = {role: Staff.objects.filter(role=role, branch__in=(root, place.east)).first() for role in EVERYBODY}
    for role in (HOTLINE, ACCOUNT, API):
        found[role] = Staff.objects.create(username=role, role=role, branch=root)
    LOGINS.clear()
    LOGINS.update({user.pk: client_of(user).cookies for user in found.values()})
    yield found
    LOGINS.clear()


@pytest.fixture(scope="module")
def examples(_branch_of_module):
    """What stands for the number in an address, by the name of the address."""
    place = _branch_of_module
    batch = ImportBatch.objects.create(
        kind="events", file_name="x.csv", size_bytes=1, sha256="0" * 64, started_at=place.run.started_at
    )
    on_ladder = ("version", "version-effect", "version-file", "version-codes", "version-who", "roll-back")
    versions = {f"tiers-{name}": {"number": 1} for name in on_ladder}
    versions |= {f"stage-policy-{name}": {"number": 1} for name in ("version", "version-effect", "roll-back")}
    on_stage = ("playbook", "playbook-save", "playbook-publish", "playbook-discard")
    versions |= {name: {"stage": 3} for name in on_stage} | {"playbook-roll-back": {"stage": 3, "number": 1}}
    group = FocusGroup.objects.create(
        name="x", topic="x", stage=3, size=3, seed=1, run=place.run, candidates=1, passed_over=0,
        created_by=place.analyst, created_at=place.run.started_at,
    )  # fmt: skip
    member = FocusGroupMember.objects.create(group=group, customer_id=1, position=1)
    versions |= {name: {"pk": group.pk} for name in ("focus-group", "focus-group-idea")}
    versions |= {name: {"pk": member.pk} for name in ("focus-group-member", "focus-group-need")}
    versions |= {"offer-stages": {"pk": 1}}
    own = MappingTemplate.objects.create(name="own", kind="events", spec={"fields": {}})
    on_batch = ("import", "import-rejects", "import-mapping", "import-mapping-preview", "import-confirm")
    on_batch += ("import-cancel", "import-undo")
    on_batch += ("api-import-detail", "api-import-rejects", "api-import-confirmation")
    on_template = ("import-template-file", "import-template-rename", "import-template-delete")
    versions |= {name: {"pk": batch.pk} for name in on_batch} | {name: {"pk": own.pk} for name in on_template}
    of_customer = ("customer-need", "customer-need-dismissal", "customer-field")
    versions |= {name: {"pk": 1} for name in (*of_customer, "tag-change", "tag-switch", "offer-tags", "moment-tags")}
    at, rule = place.run.started_at, {"all": [{"field": "state", "op": "in", "value": [1]}]}
    segment = create_segment(name="x", meaning="", rule=rule, by=place.analyst, at=at)
    of_segment = ("segment", "segment-story", "segment-edit", "segment-change", "segment-lock", "segment-retire")
    versions |= {name: {"pk": segment.pk} for name in of_segment}
    calls = CallList.objects.create(name="x", why="x", query="", run=place.run, created_by=place.analyst,
                                    created_at=at, last_day=at.date(), chosen=1)  # fmt: skip
    CallListEntry.objects.create(call_list=calls, customer_id=1)
    versions |= {name: {"pk": calls.pk} for name in ("call-list", "call-list-close")}
    tested = Experiment.objects.create(name="x", question="x", owner=place.analyst, salt="x", days=30, created_at=at,
                                       base_permille=900, effect_permille=20, status="running", run=place.run,
                                       started_at=at, started_on=at.date(), last_day=at.date() + DAY)  # fmt: skip
    ExperimentArm.objects.create(experiment=tested, position=0, share_permille=1000)
    of_test = ("experiment", "experiment-file", "experiment-start", "experiment-stop", "experiment-discard")
    versions |= {name: {"pk": tested.pk} for name in of_test}
    versions |= {name: {"pk": 1} for name in ("task-accept", "task-close", "task-hold", "api-task-sent")}
    versions |= {name: {"code": "C1"} for name in ("moment", "moment-edit", "moment-change")}
    delivery = EventDelivery.objects.create(
        source="inbox", file_name="x.jsonl", idempotency_key="x", sha256="0" * 64, received_at=at
    )
    versions |= {name: {"pk": delivery.pk} for name in ("event-delivery", "event-delivery-again")}
    trial = failed_back_test(place)
    versions |= {name: {"pk": trial.pk} for name in ("back-test", "back-test-cancel", "back-test-adopt")}
    versions |= {name: {"code": trial.kind.code} for name in ("back-test-kind", "back-test-ask")}
    figure = ReportedFigure.objects.create(
        kind=1, month=place.run.month, value=1, source="x", reported_by=place.admin, reported_at=at
    )
    versions |= {"reported-figure-withdraw": {"pk": figure.pk}}
    return versions | {
        "run": {"pk": place.run.pk},
        "api-run-detail": {"pk": place.run.pk},
    }


def failed_back_test(place):
    values = {"thresholds": {}, "cool_down_days": 60}
    return BackTest.objects.create(
        kind=MomentKind.objects.get(code="C4"),
        run=place.run,
        status=BackTest.Status.FAILED,
        draft=values,
        live=values,
        first_day=place.run.as_of,
        last_day=place.run.as_of,
        plan={},
        buckets=1,
        requested_by=place.analyst,
        requested_at=place.run.started_at,
        moved_at=place.run.started_at,
    )


def address_of(name, examples, *, customer=1):
    kwargs = {ADDRESSED[name]: customer} if name in ADDRESSED else examples.get(name)
    return reverse(name, kwargs=kwargs) + QUERIES.get(name, "")


def client_of(user):
    client = Client(raise_request_exception=False)
    if user.pk in LOGINS:
        client.cookies.load(LOGINS[user.pk].output(header="", sep=";"))
    else:
        client.force_login(user)
    return client


def names_of(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else "")
        else:
            assert pattern.name, f"no name: {pattern.pattern}"
            yield namespace + pattern.name


def test_every_address_stands_in_the_table():
    assert set(names_of(get_resolver().url_patterns)) == PAGES.keys() | DEEDS.keys() | API_DEEDS.keys() | OPEN | OWN


@pytest.fixture(scope="module")
def first_answer(people, examples):
    """Return `first_answer(name)`: the page as the first of its roles gets it, and its questions; asked once."""

    @functools.cache
    def ask(name):
        with CaptureQueriesContext(connection) as questions:
            answer = client_of(people[first_of(name)]).get(address_of(name, examples))
            answer.getvalue()
        return answer, [question["sql"] for question in questions]

    return ask


def first_of(name):
    return sorted(PAGES[name])[0]


@pytest.mark.parametrize("name", PAGES)
def test_page_answers_exactly_its_roles(place, people, examples, first_answer, name):
    address = address_of(name, examples)

    others = {role: client_of(people[role]).get(address).status_code for role in EVERYBODY - {first_of(name)}}
    statuses = others | {first_of(name): first_answer(name)[0].status_code}

    refusal = 302 if name in LEADS_ON else 403
    assert statuses == {role: 200 if role in PAGES[name] else refusal for role in EVERYBODY}


@pytest.mark.parametrize("name", PAGES)
def test_page_sends_strangers_to_the_door(place, examples, name):
    answer = Client().get(address_of(name, examples))

    if name.startswith("api-"):
        assert answer.status_code == 401
    else:
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("login"))


@pytest.mark.parametrize("name", sorted(ADDRESSED))
def test_outsiders_get_404(place, people, examples, name):
    theirs = Customer.objects.filter(county=place.west).first().pk
    address = address_of(name, examples, customer=theirs)
    outsiders = [people[MANAGER], people[LEADER], place.east_analyst]

    assert [client_of(outsider).get(address).status_code for outsider in outsiders] == [404, 404, 404]


@pytest.mark.parametrize("name", DEEDS)
def test_deed_is_done_by_exactly_its_roles(place, people, examples, name):
    address = address_of(name, examples)

    statuses = {role: client_of(people[role]).post(address).status_code for role in EVERYBODY}

    assert {role for role, status in statuses.items() if status == 403} == EVERYBODY - DEEDS[name]
    assert all(status < 500 for status in statuses.values()), statuses


@pytest.mark.parametrize("name", API_DEEDS)
def test_api_deed_is_done_by_exactly_its_roles(place, people, examples, name):
    address = address_of(name, examples)

    statuses = {role: client_of(people[role]).post(address).status_code for role in EVERYBODY}

    assert {role for role, status in statuses.items() if status == 403} == EVERYBODY - API_DEEDS[name]
    assert all(status < 500 for status in statuses.values()), statuses
    assert Client().post(address).status_code == 401


@pytest.mark.parametrize("name", DEEDS)
def test_deed_needs_a_post_with_the_token(place, people, examples, name):
    doer, address = people[sorted(DEEDS[name])[0]], address_of(name, examples)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(doer)

    assert strict.post(address).status_code == 403
    assert client_of(doer).get(address).status_code == 405
    stranger = Client().post(address)
    assert (stranger.status_code, stranger.url.partition("?")[0]) == (302, reverse("login"))


def test_login_sends_nobody_to_another_site(place):
    form = {"username": "analyst", "password": branch.PASSWORD}

    answer = Client().post(reverse("login") + "?next=https://evil.example/", form)
    language = Client().post(reverse("set_language"), {"language": "en", "next": "//evil.example/"})

    assert answer.url == reverse("home")
    assert "evil" not in language.url


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("api-")])
def test_page_sends_the_safety_headers(place, first_answer, name):
    answer, _questions = first_answer(name)

    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_no_answer_and_no_log_line_holds_a_clear_number_or_a_hidden_name(place, people, examples, caplog, role):
    caplog.set_level("DEBUG")
    client, sees_names = client_of(people[role]), role in (MANAGER, LEADER)
    numbers = set(Customer.objects.values_list("msisdn", flat=True))
    names = set() if sees_names else set(Customer.objects.values_list("name", flat=True))
    addresses = [address_of(name, examples) for name, roles in PAGES.items() if role in roles]
    tail, full = sorted(numbers)[0][-4:], sorted(numbers)[0]

    answers = [client.get(address) for address in addresses]
    answers += [client.get(reverse("customers"), headers={"HX-Request": "true"})]
    searches = [(words, headers) for words in (tail, full, "wxm", "U") for headers in ({}, {"HX-Request": "true"})]
    answers += [client.post(reverse("search"), {"q": words}, headers=headers) for words, headers in searches]
    answers += [client.post(reverse("api-customer-search"), {"q": words}) for words in (tail, full)]

    said = "\n".join(answer.getvalue().decode() for answer in answers) + caplog.text
    assert {number for number in re.findall(r"\d{11}", said) if number in numbers} == set()
    assert {name for name in names if name in said} == set()
    assert full not in said


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_the_database_few_questions(place, first_answer, name):
    """A ceiling for each page on 64 customers; a question per row breaks it."""
    _answer, questions = first_answer(name)

    assert len(questions) <= MOST_QUERIES, questions
