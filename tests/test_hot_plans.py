"""The five hottest questions are answered out of their index, whatever the size of the tables.

The pages are asked, their statements caught, and PostgreSQL's plans of them read: 20,000 customers are enough for it to
prefer an index, and nothing forbids it to scan. The indexes of a run are those the night builds.
"""

import datetime as dt
import json
import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from callcenter import claims, news, queries
from callcenter.models import QueueItem
from customers.models import Customer, MonthlyBill, Rollup, Run, Staff, Standing
from customers.numbers import hashes_of
from customers.partitions import ensure_partition
from cvm.lib.months import first_day, month_of
from cvm.night import partition
from tests.pages import branch

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CUSTOMERS = 20_000
MONTHS_KEPT, MONTHS_SHOWN = 36, 24


@pytest.fixture(scope="module")
def _branch_of_module(django_db_setup, django_db_blocker):
    """Make the large branch once, in a transaction that never commits; `place` is a copy of it for each test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _large_branch()
        transaction.set_rollback(True)


def _large_branch():
    found = branch.build()
    _customers()
    found.run.refresh_from_db()
    run = _night(found.run)
    _rollups(run)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return found


def copy(table, model, changes, *, source, numbers):
    """Insert a copy of the source's rows for each number, with some columns as SQL of `number`."""
    columns = [field.column for field in model._meta.concrete_fields if field.column not in changes]
    columns = [column for column in columns if column != "id" or model is Customer]
    names = ", ".join(f'"{name}"' for name in [*columns, *changes])
    values = ", ".join([f'source."{column}"' for column in columns] + list(changes.values()))
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {table} ({names}) select {values}"
            f" from (select * from {model._meta.db_table} where {source}) as source"
            f" cross join generate_series({numbers[0]}, {numbers[1]}) as number"
        )


def _customers():
    changes = {
        "id": "number", "user_code": "'U' || number", "msisdn": "(13900000000 + 7 * number)::text",
        "family_id": "null::bigint", "group_id": "null::bigint",
    }  # fmt: skip
    copy("customers_customer", Customer, changes, source="id = 1", numbers=(branch.CUSTOMERS + 1, CUSTOMERS))
    rows = list(Customer.objects.values_list("pk", "msisdn"))
    hashes = hashes_of([msisdn for _pk, msisdn in rows])
    with connection.cursor() as cursor:
        cursor.execute(
            "update customers_customer set number_hash = given.hash"
            " from unnest(%s::int[], %s::text[]) as given (id, hash) where customers_customer.id = given.id",
            [[pk for pk, _msisdn in rows], hashes],
        )


def _night(before):
    """Return a run of everybody, indexed as the night does and shown now."""
    run = Run.objects.create(
        as_of=before.as_of, month=before.month, status="published", stage="done", started_at=timezone.now(),
        finished_at=timezone.now(), policies=before.policies, plan=before.plan, customers=CUSTOMERS,
    )  # fmt: skip
    partition.create(run.pk)
    changes = {
        "run_id": str(run.pk), "customer_id": "number", "manager_id": "1000 + number % 40", "band": "number % 6",
        "stage": "1 + number % 5", "warning": "number % 4", "kept_fen": "number * 7919 % 100000",
        "cum3_fen": "number * 6007 % 90000", "churn_ppm": "number * 7 % 900000", "tenure_months": "number % 200",
    }  # fmt: skip
    source = f"run_id = {before.pk} and customer_id = 1"
    copy(partition.table_of(run.pk), Standing, changes, source=source, numbers=(1, CUSTOMERS))
    partition.build_indexes(run.pk)
    partition.attach(run.pk)
    Run.objects.filter(pk=before.pk).update(is_current=False)
    Run.objects.filter(pk=run.pk).update(is_current=True)
    return run


def _rollups(run):
    """Give the run and nineteen earlier ones their cells."""
    for _ in range(19):
        old = Run.objects.create(as_of=run.as_of, month=run.month, status="published", started_at=timezone.now())
        Rollup.objects.bulk_create(_cells(old))
    Rollup.objects.bulk_create(_cells(run))


def _cells(run):
    kinds = ("band_stage", "band_previous", "warning_band", "layer_code", "state")
    return [
        Rollup(run=run, kind=kind, county_id=county, row=row, column=column, customers=100, revenue_fen=5)
        for kind in kinds
        for county in range(1, 7)
        for row in range(6)
        for column in range(5)
    ]


def statements(ask, *, about):
    """Return the statements about a table which a request sends."""
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert ask().status_code == 200
    return [query["sql"] for query in caught if about in query["sql"]]


def nodes_of(statement, params=None):
    """Return every node of the plan PostgreSQL makes for a statement, the outermost first."""
    with connection.cursor() as cursor:
        cursor.execute("show enable_seqscan")
        assert cursor.fetchone() == ("on",)
        cursor.execute("explain (format json) " + (statement if params else statement.replace("%", "%%")), params or [])
        (found,) = cursor.fetchone()
    plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
    return list(_walk(plan))


def _walk(node):
    yield node
    for child in node.get("Plans", ()):
        yield from _walk(child)


def indexes(nodes):
    return {node["Index Name"] for node in nodes if "Index Name" in node}


def scanned_whole(nodes):
    """Return the tables that are read from end to end."""
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}


def read(nodes, table):
    return {node["Relation Name"] for node in nodes if node.get("Relation Name", "").startswith(table)}


LISTS = {
    "": "kept",
    "?band=4&stage=3": "cell",
    "?stage=3&warning=1": "kept",
    "?sort=-value": "value",
    "?sort=-risk&stage=3": "risk",
    "?sort=tenure": "tenure",
}


def test_list_walks_the_index_of_its_order(client, place):
    client.force_login(place.analyst)
    for query, index in LISTS.items():
        (statement,) = pages_of(client, query)

        nodes = nodes_of(statement)

        (table,) = read(nodes, "customers_standing")
        assert f"{table}_{index}" in indexes(nodes), query
        assert scanned_whole(nodes) & {"customers_customer", table} == set(), query
        assert nodes[0]["Plan Rows"] <= 51, query
        sorts = [node["Plan Rows"] for node in nodes if node["Node Type"] in ("Sort", "Gather Merge")]
        assert all(rows <= 51 for rows in sorts), query  # the page's own rows, not everybody the filter lets through


def pages_of(client, query):
    """Return the statements that read a page of the list, without those that count."""
    found = statements(lambda: client.get(reverse("customers") + query), about="customers_standing")
    return [statement for statement in found if "COUNT(" not in statement]


def test_next_page_starts_in_the_index(client, place):
    client.force_login(place.analyst)
    following = client.get(reverse("customers")).context["page"]["next_url"]
    found = statements(lambda: client.get(following), about="customers_standing")

    nodes = nodes_of(next(statement for statement in found if "COUNT(" not in statement))

    (walk,) = [node for node in nodes if node.get("Index Name", "").endswith("_kept")]
    assert "kept_fen" in walk["Index Cond"]


def test_a_phone_manager_s_list_walks_the_own_portfolio(client, place):
    Standing.objects.filter(manager_id=1000).update(manager_id=place.manager.pk)
    client.force_login(place.manager)
    found = statements(lambda: client.get(reverse("customers")), about="customers_standing")

    for statement in found:
        nodes = nodes_of(statement)
        (walk,) = [node for node in nodes if node.get("Index Name", "").endswith("_manager")]
        assert "manager_id" in walk["Index Cond"]
        assert walk["Plan Rows"] < CUSTOMERS / 10
        assert scanned_whole(nodes) & {"customers_customer", *read(nodes, "customers_standing")} == set()


def test_count_of_a_cell_comes_out_of_the_rollups(client, place):
    client.force_login(place.analyst)
    found = statements(lambda: client.get(reverse("customers") + "?band=4&stage=3"), about="customers_rollup")

    (statement,) = found
    nodes = nodes_of(statement)

    assert indexes(nodes) == {"rollup_cell_once"}
    assert nodes[-1]["Plan Rows"] < 200
    standings = statements(lambda: client.get(reverse("customers") + "?band=4&stage=3"), about="customers_standing")
    assert [statement for statement in standings if "COUNT(" in statement] == []


def test_customer_page_reads_the_shown_months_only(client, place):
    newest = month_of(branch.MONTH)
    with connection.cursor() as cursor:
        for back in range(MONTHS_KEPT):
            ensure_partition(cursor, month=first_day(newest - back))
    MonthlyBill.objects.exclude(customer_id=1, month=branch.MONTH).delete()
    source = f"customer_id = 1 and month = '{branch.MONTH}'"
    for back in range(MONTHS_KEPT):
        changes = {"month": f"date '{first_day(newest - back)}'", "customer_id": "number"}
        first = 2 if back == 0 else 1
        copy("customers_monthlybill", MonthlyBill, changes, source=source, numbers=(first, 700))
    with connection.cursor() as cursor:
        cursor.execute("analyze customers_monthlybill")
    client.force_login(place.analyst)
    found = statements(lambda: client.get(reverse("customer", args=[2])), about="customers_monthlybill")

    assert found
    for statement in found:
        nodes = nodes_of(statement)
        months = [node for node in nodes if node.get("Relation Name", "").startswith("customers_monthlybill")]
        assert scanned_whole(nodes) & {"customers_customer", *read(nodes, "customers_monthlybill")} == set()
        assert 1 <= len(read(nodes, "customers_monthlybill")) <= MONTHS_SHOWN + 1
        # one person's records: for a list of ids it cannot know the planner reckons with ten
        assert all(node["Plan Rows"] <= 10 for node in months)


@pytest.fixture
def queue(place):
    """Five hundred in each of forty queues; returns what the desk's statements want to know."""
    run = Run.objects.get(is_current=True)
    item = QueueItem.objects.create(run=run, customer_id=1, manager=place.manager, rank=1, level=1, kept_fen=1)
    others = Staff.objects.bulk_create(Staff(username=f"m{number}", role="phone_manager") for number in range(39))
    people = [place.manager.pk, *(one.pk for one in others)]
    changes = {
        "customer_id": "number",
        "rank": "number",
        "manager_id": f"(array{people})[1 + number / 501]",
    }  # as the night writes it
    copy("callcenter_queueitem", QueueItem, changes, source=f"id = {item.pk}", numbers=(2, CUSTOMERS))
    with connection.cursor() as cursor:
        cursor.execute("analyze callcenter_queueitem")
    at = timezone.now()
    QueueItem.objects.filter(rank__lte=30).update(arrived_at=at)
    return {
        "manager": place.manager.pk, "managers": [place.manager.pk], "run": run.pk, "at": at,
        "until": at + dt.timedelta(minutes=3), "token": uuid.uuid4(), "most": 8, "language": "zh-hans",
    }  # fmt: skip


def test_claim_walks_the_manager_s_queue(queue):
    nodes = nodes_of(claims.CLAIM, queue)
    (chosen,) = [node for node in nodes if node.get("Subplan Name") == "CTE candidate"]
    choice = list(_walk(chosen))

    assert "queue_next_of_manager" in indexes(choice)
    assert "customers_customer" not in scanned_whole(choice)
    assert chosen["Plan Rows"] <= 1
    assert nodes[0]["Plan Rows"] <= 1


@pytest.mark.parametrize("statement", [claims.CLAIM, news.ARRIVALS, queries.NUMBERS, queries.WITH_LATER])
def test_desk_looks_customers_up_one_by_one(queue, statement):
    """Whether somebody may be called is asked of those in one queue: dear, but never so dear as reading everybody."""
    assert "customers_customer" not in scanned_whole(nodes_of(statement, queue))


def test_search_by_number_uses_its_index(client, place):
    client.force_login(place.analyst)
    for words, index in (("13900000707", "customer_by_number_hash"), ("0707", "customer_by_number_tail")):
        found = statements(lambda words=words: client.post(reverse("search"), {"q": words}), about="customers_customer")

        used = [nodes for statement in found if index in indexes(nodes := nodes_of(statement))]

        assert used, words
        assert all("customers_customer" not in scanned_whole(nodes) for nodes in used), words
        assert all(nodes[0]["Plan Rows"] <= 200 for nodes in used), words
