"""What can go wrong with a night, each under a name and a code that stays readable after a restart."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class NightError(Exception):
    """Base of all; `code` and `detail` are kept with the run, the sentence is made when somebody reads it."""

    code: ClassVar[str] = ""
    sentence: ClassVar[Promise | str] = ""
    known: ClassVar[dict[str, type[NightError]]] = {}

    def __init_subclass__(cls) -> None:
        if cls.code:
            NightError.known[cls.code] = cls

    def __init__(self, **detail: Any) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return str(self.sentence) % self.detail


class NightAlreadyRunning(NightError):
    code = "already_running"
    sentence = _(
        "Night %(run)s as of %(as_of)s has been running since %(since)s: %(stage)s, %(done)s of %(total)s buckets done."
        " Wait for it to end."
    )


class ImportRuns(NightError):
    code = "import_runs"
    sentence = _("An import is being stored. Start the night when it has ended.")


class NothingToDo(NightError):
    code = "nothing_to_do"
    sentence = _("There is nothing to compute: %(customers)s customers, and no closed bill month before %(as_of)s.")


class PolicyMissing(NightError):
    code = "policy_missing"
    sentence = _("No live version of the policy “%(policy)s”. Publish one, then start the night again.")


class QueueUnavailable(NightError):
    code = "queue_unavailable"
    sentence = _("The task queue does not take work (%(problem)s). Check Redis, then start the night again.")


class BucketKeepsFailing(NightError):
    code = "bucket_keeps_failing"
    sentence = _("Bucket %(bucket)s was tried %(attempts)s times and its worker died each time.")


class Unexpected(NightError):
    code = "unexpected"
    sentence = _("Step “%(step)s” stopped on %(kind)s: %(text)s")


class Unbalanced(NightError):
    """The books of the run do not close; nothing of it may be published."""


class CustomersMissing(Unbalanced):
    code = "customers_missing"
    sentence = _("%(expected)s customers were known at the start, %(found)s have a standing.")


class CustomersVanished(Unbalanced):
    code = "customers_vanished"
    sentence = _(
        "%(found)s customers are in the network, %(before)s were in the published night: more than %(permille)s in a"
        " thousand fewer. Check the last profile file; if it is right, run “manage.py nightly --accept-fewer”."
    )


class BucketsDisagree(Unbalanced):
    code = "buckets_disagree"
    sentence = _("The buckets report %(expected)s for %(what)s, the table holds %(found)s.")


class RollupUnbalanced(Unbalanced):
    code = "rollup_unbalanced"
    sentence = _("Rollup “%(kind)s” adds up to %(found)s, %(expected)s were expected (%(what)s).")


class LedgerUnbalanced(Unbalanced):
    code = "ledger_unbalanced"
    sentence = _("The ledger of %(month)s does not close: %(found)s against %(expected)s (%(what)s).")


class QueueTooLong(Unbalanced):
    code = "queue_too_long"
    sentence = _("The queue of manager %(manager)s holds %(found)s customers, the capacity is %(expected)s.")


class QueueUnsound(Unbalanced):
    code = "queue_unsound"
    sentence = _("%(found)s queued customers are off network, belong to another manager or are ranked twice.")


class ValueOutOfRange(Unbalanced):
    code = "value_out_of_range"
    sentence = _("Column “%(column)s” runs from %(low)s to %(high)s, allowed is %(least)s to %(most)s.")


def as_night_error(error: BaseException, *, step: str) -> NightError:
    """Return the error itself when it has a name, else wrap it with its kind and the start of its text."""
    if isinstance(error, NightError):
        return error
    return Unexpected(step=step, kind=type(error).__name__, text=str(error)[:300])


def record_of(error: NightError) -> dict[str, Any]:
    """Return what is stored with the run: code and plain values."""
    plain = {name: value if isinstance(value, (int, str)) else str(value) for name, value in error.detail.items()}
    return {"code": error.code, "detail": plain}


def sentence_of(record: dict[str, Any]) -> str:
    """Return the sentence of a stored record in the reader's language."""
    return str(NightError.known[record["code"]](**record["detail"]))


def english(error: NightError) -> str:
    """Return the sentence for logs and `Run.error`, in English whatever the reader speaks."""
    with translation.override("en"):
        return str(error)
