"""How exactly somebody left is shown, filtered and written wherever the stage is."""

from __future__ import annotations

import pytest
from django.urls import reverse

from customers.models import Standing
from cvm.segments.fields import catalogue, standings
from lifecycle.models import Stage, StageDetail

pytestmark = pytest.mark.django_db


@pytest.fixture
def ported(place):
    """One customer who has ported out, one who has come back."""
    gone, back = Standing.objects.filter(run=place.run, manager_id=place.people["manager"].pk).order_by("pk")[:2]
    Standing.objects.filter(customer_id=gone.customer_id).update(
        stage=Stage.EXIT, stage_reason=9, stage_detail=StageDetail.PORTED_OUT, stage_months=3
    )
    Standing.objects.filter(customer_id=back.customer_id).update(
        stage=Stage.GROWTH, stage_reason=13, stage_detail=StageDetail.RETURNED, stage_months=2
    )
    return gone.customer_id, back.customer_id


def test_the_360_page_tells_sub_state_evidence_and_what_would_change_it(client, place, ported):
    client.force_login(place.manager)
    gone, back = (client.get(reverse("customer", args=[pk])) for pk in ported)

    [verdict] = [verdict for verdict in gone.context["verdicts"] if verdict.kind == "stage"]
    assert [found.value for found in verdict.evidence[:2]] == [StageDetail.PORTED_OUT.label, 3]
    assert "10" in verdict.change
    assert f'badge-plain">{StageDetail.PORTED_OUT.label}' in gone.content.decode()
    assert f'badge-plain">{StageDetail.RETURNED.label}' in back.content.decode()


def test_lists_filter_by_it_and_show_it(client, place, ported):
    client.force_login(place.manager)
    response = client.get(f"{reverse('customers')}?stage_detail=4&columns=stage_detail")

    assert response.context["number"] == 1
    assert str(StageDetail.PORTED_OUT.label) in response.content.decode()
    assert client.get(f"{reverse('customers')}?stage_detail=4&stage_detail=12").context["number"] == 2
    assert client.get(f"{reverse('customers')}?stage_detail=13").status_code == 400


def test_segments_ask_for_it(place, ported):
    field = catalogue(place.analyst)["stage_detail"]
    found = standings(place.run, condition=field.condition("in", [StageDetail.RETURNED], place.run))

    assert [row.customer_id for row in found] == [ported[1]]
    assert field.choices[StageDetail.PORTED_OUT] == StageDetail.PORTED_OUT.label
