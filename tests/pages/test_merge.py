"""Double records on one page: look, compare, merge, undo; and what happens to today's queue."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from callcenter.models import QueueItem
from customers import merging
from customers.models import Consent, Customer, CustomerMerge, DoNotDisturb

pytestmark = pytest.mark.django_db

EAST = [1, 2, 4, 5]  # customers of the leader's county
WEST = 3


@pytest.fixture
def leader(client, place):
    client.force_login(place.leader)
    return place.leader


def queue(place, number, rank=1):
    return QueueItem.objects.create(
        run=place.run, customer_id=number, manager=place.manager, rank=rank, level=1, kept_fen=0, status="pending"
    )


def look_alike(*numbers, **columns):
    Customer.objects.filter(pk__in=numbers).update(**{"name": "同名", "number_hash": "one", **columns})


def join(client, alias, into, reason="same line, new code"):
    return client.post(reverse("merge-new"), {"alias": alias, "into": into, "reason": reason})


def test_page_lists_pairs_by_what_they_share(client, leader):
    look_alike(1, 2)
    look_alike(4, 5, number_hash="", cust_code="K1")

    by_number = client.get(reverse("merges"))
    by_person = client.get(reverse("merges"), {"by": "person"})
    anything = client.get(reverse("merges"), {"by": "colour"})

    def shown(answer):
        return [(pair.alias.pk, pair.into.pk) for pair, _alias, _into in answer.context["pairs"]]

    assert (shown(by_number), shown(by_person), shown(anything)) == ([(1, 2)], [(4, 5)], [(1, 2)])


def test_pair_is_compared_masked_with_what_would_follow(client, leader, place):
    queue(place, 2)
    Consent.objects.update_or_create(
        customer_id=1, channel="call", defaults={"is_given": True, "said_at": timezone.now()}
    )

    answer = client.get(reverse("merges"), {"alias": 2, "into": 1})

    page = answer.content.decode()
    lines = {str(line.label): (line.alias, line.into) for line in answer.context["lines"]}
    assert [pair[0][:3] for pair in lines.values() if "****" in pair[0]] == ["138"]
    assert Customer.objects.get(pk=2).msisdn not in page
    assert len(answer.context["effects"]) == 3  # months both have, a call in the queue, the stricter word


@pytest.mark.parametrize("pair", [{"alias": 1, "into": WEST}, {"alias": WEST, "into": 1}, {"alias": 1, "into": 999}])
def test_records_out_of_scope_do_not_exist(client, leader, pair):
    assert client.get(reverse("merges"), pair).status_code == 404
    assert client.post(reverse("merge-new"), {**pair, "reason": "x"}).status_code == 404
    assert not CustomerMerge.objects.exists()


@pytest.mark.parametrize(
    "form", [{}, {"alias": "x", "into": 1}, {"alias": 1, "into": 2}, {"alias": 1, "into": 1, "reason": "x"}]
)
def test_bad_input_comes_back_with_its_reason(client, leader, form):
    answer = client.post(reverse("merge-new"), form)

    assert (answer.status_code, bool(answer.context["form"].errors)) == (422, True)
    assert not CustomerMerge.objects.exists()


def test_comparing_nonsense_says_so(client, leader):
    assert client.get(reverse("merges"), {"alias": "x"}).status_code == 422


def test_merging_takes_the_alias_out_of_todays_queue_and_undoing_frees_both(client, leader, place):
    for number in (1, 2):
        queue(place, number, rank=number)
        Consent.objects.update_or_create(
            customer_id=number, channel="call", defaults={"is_given": True, "said_at": timezone.now()}
        )
    DoNotDisturb.objects.all().delete()

    assert join(client, 2, 1).url == reverse("merges")
    made = CustomerMerge.objects.get()
    states = dict(QueueItem.objects.values_list("customer_id", "status"))
    undone = client.post(reverse("merge-undo"), {"merge": made.pk})

    assert (states, undone.status_code) == ({1: "pending", 2: "withdrawn"}, 302)
    assert QueueItem.objects.get(customer_id=2).withdrawn_reason == "merged"
    made.refresh_from_db()
    assert (made.undone_by, Customer.objects.get(pk=2).merged_into) == (leader, None)


def test_merging_a_refusal_takes_the_main_record_out_as_well(client, leader, place):
    queue(place, 1)
    Consent.objects.update_or_create(
        customer_id=1, channel="call", defaults={"is_given": True, "said_at": timezone.now()}
    )
    Consent.objects.create(customer_id=2, channel="call", is_given=False, said_at=timezone.now(), source="hall")

    join(client, 2, 1)

    assert QueueItem.objects.get().status == "withdrawn"


def test_refused_merge_says_why_and_keeps_the_queue(client, leader, place):
    queue(place, 2)
    place.run.status = "running"
    place.run.is_current = False
    place.run.save()

    answer = join(client, 2, 1)

    assert (answer.status_code, QueueItem.objects.get().status) == (422, "pending")
    assert not CustomerMerge.objects.exists()


@pytest.mark.parametrize("number", ["", "x", "999"])
def test_undoing_what_is_not_there_is_not_found(client, leader, number):
    assert client.post(reverse("merge-undo"), {"merge": number}).status_code == 404


def test_merge_undone_twice_says_so(client, leader):
    join(client, 2, 1)
    made = CustomerMerge.objects.get()
    client.post(reverse("merge-undo"), {"merge": made.pk})

    answer = client.post(reverse("merge-undo"), {"merge": made.pk}, follow=True)

    assert str(merging.AlreadyUndone()) in [str(message) for message in answer.context["messages"]]


def test_page_asks_as_often_for_many_as_for_one(client, leader):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("merges"))
        return len(queries)

    look_alike(1, 2)
    join(client, 5, 4)
    few = asked()
    for number, other in ((7, 8), (10, 11), (13, 14)):
        look_alike(number, other, name=f"同名{number}")
        join(client, number + 30, other + 30)

    assert asked() == few
