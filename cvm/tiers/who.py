"""Who is behind a count of the editor: masked, page by page, and as a file that leaves a trace."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers import audit
from customers.access import requires, staff_of
from customers.masking import masked_number
from customers.models import Branch, Run
from cvm.exports.tables import csv_stream
from cvm.filters import ladder_words
from cvm.lib.money import yuan_text
from cvm.tiers.forms import LadderForm
from segmentation.actions import Ladder
from segmentation.ladder_lists import UnknownCell
from segmentation.models import Band, Code, TierPolicy
from segmentation.movers import Mover, Movers, movers

SIZE = 50


@require_POST
@requires("tiers.edit")
def who(request: HttpRequest) -> HttpResponseBase:
    """Show whom the typed ladder moves so, saving nothing."""
    form = LadderForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    return _answer(request, form.ladder(), is_typed=True)


@require_safe
@requires("tiers.edit")
def version_who(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show whom a stored version moves so."""
    policy = get_object_or_404(TierPolicy, version=number)
    return _answer(request, Ladder.of(policy), is_typed=False)


def _answer(request: HttpRequest, ladder: Ladder, *, is_typed: bool) -> HttpResponseBase:
    run, what, county = Run.objects.published(), request.GET.get("what", ""), _county(request)
    if run is None:
        raise Http404(_("There is no published night."))
    try:
        found = movers(run=run, ladder=ladder, what=what, county=county.pk if county else None)
    except UnknownCell as error:
        raise Http404(_("No such count.")) from error
    if request.GET.get("file") == "csv":
        return _file(request, found, run=run, what=what)
    start = int(text) if (text := request.GET.get("start", "")).isdecimal() else 0
    context = {
        "run": run,
        "words": ladder_words(what),
        "county": county,
        "number": len(found),
        "first": start + 1,
        "rows": list(found.named(start=start, most=SIZE)),
        "is_typed": is_typed,
        "before_url": _address(request, start=max(start - SIZE, 0)) if start else "",
        "after_url": _address(request, start=start + SIZE) if start + SIZE < len(found) else "",
        "file_url": _address(request, file="csv"),
    }
    return render(request, "tiers/_who.html", context)


def _county(request: HttpRequest) -> Branch | None:
    wanted = request.GET.get("county", "")
    if not wanted:
        return None
    number = int(wanted) if wanted.isdecimal() else 0
    return get_object_or_404(Branch, pk=number, kind=Branch.Kind.COUNTY)


def _address(request: HttpRequest, **changes: Any) -> str:
    kept = {name: request.GET[name] for name in ("what", "county") if name in request.GET}
    return f"{request.path}?{urlencode(kept | changes)}"


def _file(request: HttpRequest, found: Movers, *, run: Run, what: str) -> HttpResponseBase:
    detail = {"rows": len(found), "what": what}
    audit.record("tier_policy.movers", actor=staff_of(request), at=timezone.now(), subject=run, **detail)
    heads = [_("Customer"), _("Number"), _("County"), _("Band"), _("Band after"), _("Code"), _("Code after")]
    lines = (_line(mover) for mover in found.named())
    return csv_stream(_chained([*heads, _("3-month average")], lines), name=f"ladder-movers-{run.as_of:%Y%m%d}.csv")


def _chained(heads: list[str], lines: Any) -> Any:
    yield heads
    yield from lines


def _line(mover: Mover) -> list[Any]:
    bands = [str(Band(band).label) for band in mover.bands]
    codes = [str(Code(code).label) if code else "" for code in mover.codes]
    numbers = [mover.customer_id, masked_number(mover.msisdn), mover.county]
    return [*numbers, *bands, *codes, yuan_text(mover.average_fen)]
