"""Back-tests of key moments: which kinds can be tried, a draft of one, how far a job is, and what it found."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from callcenter.models import PhoneManager
from customers.access import can, requires, staff_of
from cvm.backtests import actions, words
from cvm.backtests.bucket import look_of
from cvm.backtests.figures import channels_of, figures
from cvm.backtests.forms import DraftForm
from cvm.backtests.plan import Ground, ground_of, kind_reach
from cvm.backtests.showing import Shown
from cvm.backtests.veil import veiled
from cvm.context import published_run
from lifecycle.backtest.reads import Reads
from lifecycle.models import BackTest, BackTestBucket, MomentKind
from lifecycle.moments.terms import kinds_of
from lifecycle.policies import moment_rows

SHOWN = 30  # back-tests in a list


@require_safe
@requires("backtests.view")
def back_tests(request: HttpRequest) -> HttpResponse:
    """Show every kind: whether it is on, from which day it can be tried, and the last back-tests."""
    run = published_run(request)
    rows = {row["pk"]: row for row in moment_rows()}
    ground = ground_of(run) if run else None
    named = MomentKind.objects.order_by("category", "code")
    kinds = [(kind, rows[kind.pk], _reach_words(rows[kind.pk], ground)) for kind in named]
    context = {"run": run, "kinds": kinds, "tests": _tests()[:SHOWN]}
    return render(request, "backtests/list.html", context)


@require_safe
@requires("backtests.view")
def kind_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one kind's terms as a draft to try, and the back-tests it has had."""
    return draft_page(request, get_object_or_404(MomentKind, code=code))


@require_safe
@requires("backtests.view")
def back_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a back-test: how far it is, or what it found; htmx gets the progress only, and the page when it has ended."""
    test = get_object_or_404(_tests(), pk=pk)
    if request.htmx and not request.htmx.boosted:
        response = render(request, "backtests/_running.html", _progress(test))
        if test.status != BackTest.Status.RUNNING:
            response["HX-Refresh"] = "true"
        return response
    context: dict[str, Any] = {"test": test, "failure": words.FAILURES.get(test.error, ""), **_progress(test)}
    if test.status == BackTest.Status.DONE:
        context |= _result(request, test)
    context["may_cancel"] = may_cancel(request, test)
    return render(request, "backtests/page.html", context)


def draft_page(
    request: HttpRequest, kind: MomentKind, form: DraftForm | None = None, problem: str = ""
) -> HttpResponse:
    """Render the draft; a refused one comes back with what was typed and status 422."""
    run, row = published_run(request), actions.row_of(kind)
    ground = ground_of(run) if run else None
    context = {
        "run": run,
        "kind": kind,
        "row": row,
        "form": form or DraftForm(row=row),
        "reach": _reach_words(row, ground),
        "problem": problem,
        "can_run": ground is not None and can(request.user, "backtests.run") and _is_reachable(row, ground),
        "tests": _tests().filter(kind=kind)[:SHOWN],
    }
    return render(request, "backtests/kind.html", context, status=422 if form or problem else 200)


def may_cancel(request: HttpRequest, test: BackTest) -> bool:
    """Tell whether the reader may stop it: whoever asked for it, and whoever may adopt."""
    is_own = test.requested_by_id == staff_of(request).pk and can(request.user, "backtests.run")
    return test.status == BackTest.Status.RUNNING and (is_own or can(request.user, "backtests.adopt"))


def _tests() -> Any:
    found = BackTest.objects.select_related("kind", "run", "requested_by", "ended_by")
    return found.defer("run__plan", "run__summary").order_by("-requested_at", "-pk")


def _progress(test: BackTest) -> dict[str, Any]:
    rows = BackTestBucket.objects.filter(back_test=test).values_list("is_done", "customers")
    done = [customers for is_done, customers in rows if is_done]
    return {
        "test": test,
        "is_running": test.status == BackTest.Status.RUNNING,
        "done": len(done),
        "customers": sum(done),
        "percent": 100 * len(done) // max(test.buckets, 1),
    }


def _result(request: HttpRequest, test: BackTest) -> dict[str, Any]:
    reader, row = staff_of(request), actions.row_of(test.kind)
    found, hides = figures(test, reader=reader), not can(request.user, "customers.list")
    why = actions.obstacle(test, row=row, at=timezone.now())
    return {
        "shown": Shown(test, veiled(found) if hides else found),
        "hides": hides,
        "notes": list(words.notes(test, looks_at=_look(row).columns)),
        "channels": channels_of(test.kind),
        "staffed": PhoneManager.objects.filter(is_absent=False, staff__is_active=True).count(),
        "can_adopt": can(request.user, "backtests.adopt"),
        "refusal": words.REFUSALS.get(why, ""),
        "is_on": row["is_enabled"],
    }


def _reach_words(row: dict[str, Any], ground: Ground | None) -> str:
    return words.reach_words(kind_reach(row, ground), as_of=ground.run.as_of) if ground else ""


def _is_reachable(row: dict[str, Any], ground: Ground) -> bool:
    return kind_reach(row, ground).first is not None


def _look(row: dict[str, Any]) -> Reads:
    return look_of(kinds_of([{**row, "is_enabled": True}])[0])
