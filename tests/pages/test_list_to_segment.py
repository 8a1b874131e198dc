"""A list worth keeping becomes a segment of the same customers."""

import pytest
from django.http import QueryDict
from django.urls import reverse

from customers.models import Run, Standing
from cvm.lib.months import label, month_of
from cvm.segments.counting import count_rule
from cvm.segments.fields import catalogue
from cvm.segments.from_list import rule_of
from lifecycle.stage_terms import term
from segmentation.models import Segment
from segmentation.segments import check_rule
from tests.pages import branch

NEWEST = month_of(branch.MONTH)
FLOW = f"stage_at={term(NEWEST - 3, 3)}&stage_at={term(NEWEST, 4, 5)}"
FLAT = "sort=-value&columns=band,stage&band="


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("band=4&band=5&sort=-value", {"all": [{"field": "band", "op": "in", "value": [4, 5]}]}),
        (
            "stage_at=2026-09:3&stage_at=2026-10:45",
            {
                "all": [
                    {"field": "stage_at", "op": "in", "value": ["2026-09:3"]},
                    {"field": "stage_at", "op": "in", "value": ["2026-10:4", "2026-10:5"]},
                ]
            },
        ),
        ("moment=C1", {"all": [{"field": "moment", "op": "in", "value": ["C1"]}]}),
        (FLAT, None),
        ("moved=up", None),
        ("band=4&brand=1", None),
        ("segment=3:left", None),
        ("stage_at=now", None),
    ],
)
def test_filters_become_conditions_where_a_rule_has_them(query, rule):
    assert rule_of(QueryDict(query)) == rule


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", [FLOW, f"{FLOW}&band=1&band=2&layer=4", "county={east}&stage=3", f"stage_at={term(NEWEST - 9, 0)}"]
)
def test_rule_of_a_list_counts_its_customers(client, place, query):
    query = query.format(east=place.east.pk)
    fields = catalogue(place.analyst)
    rule = check_rule(rule_of(QueryDict(query)), fields)
    client.force_login(place.analyst)

    number = client.get(f"{reverse('customers')}?{query}").context["number"]

    assert count_rule(rule, fields, run=place.run, user=place.analyst, segment=None).customers == number


@pytest.mark.django_db
def test_list_leads_to_the_editor_with_its_rule_and_on_to_a_segment(client, place):
    client.force_login(place.analyst)
    page = client.get(f"{reverse('customers')}?{FLOW}&band=2")
    url = page.context["segment_url"]
    form = client.get(url).context["form"]
    answer = client.post(reverse("segment-create"), {"name": "成熟转衰退", "meaning": "", "rule": form.initial["rule"]})

    assert answer.status_code == 302
    segment = Segment.objects.get(name="成熟转衰退")
    response = client.get(reverse("stages"), {"segment": segment.pk})
    assert response.status_code == 200
    assert client.get(reverse("segment", args=[segment.pk])).context["flow_url"]


@pytest.mark.django_db
def test_no_door_where_the_filters_are_no_rule_or_the_role_keeps_no_segments(client, place):
    client.force_login(place.analyst)
    assert client.get(reverse("customers"), {"moved": "up"}).context["segment_url"] == ""
    client.force_login(place.auditor)
    assert client.get(reverse("customers"), {"band": "2"}).context["segment_url"] == ""


@pytest.mark.django_db
def test_rule_outlives_the_months_a_night_tells(place):
    fields = catalogue(place.analyst)
    run = Run.objects.get()
    gone = {"field": "stage_at", "op": "in", "value": [term(NEWEST - 23, 3)]}
    now = {"field": "stage_at", "op": "in", "value": [term(NEWEST, 3)]}
    counted = [
        count_rule(check_rule(rule, fields), fields, run=run, user=place.analyst, segment=None).customers
        for rule in ({"all": [gone]}, {"any": [gone, now]}, {"not": [gone]})
    ]
    assert counted == [0, Standing.objects.filter(stage=3).count(), place.run.customers]
    assert label(NEWEST) in str(fields["stage_at"].choices[term(NEWEST, 3)])
