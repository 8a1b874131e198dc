"""The credit level of one customer in words: the clause, the values behind it, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.blocks import flags_of
from customers.credit import CreditTerms
from customers.facets import Credit
from customers.history import ARREARS
from customers.models import Customer, MonthlyBill
from customers.verdict import Evidence, Verdict
from cvm.lib.months import month_of

CLAUSES = {
    Credit.UNKNOWN: gettext_lazy("No bill of the last year and no score: nothing is known."),
    Credit.GOOD: gettext_lazy("No arrears, no late payment, no low score."),
    Credit.LATE: gettext_lazy("Paid late within 90 days, or the score is below %(line)s."),
    Credit.ARREARS: gettext_lazy("Suspended for arrears within %(months)s months."),
    Credit.OWES: gettext_lazy("Suspended or cancelled for arrears at the moment of the night."),
    Credit.LISTED: gettext_lazy("On the operator's black list."),
}
CHANGES = {
    Credit.LATE: gettext_lazy(
        "Back to “pays on time” after 90 days without a late payment, with a score of %(line)s or more or none."
    ),
    Credit.ARREARS: gettext_lazy("Better after %(months)s month ends without arrears."),
    Credit.OWES: gettext_lazy("Better once what is owed is paid and the line is open again."),
}


def verdict(
    level: int,
    customer: Customer,
    *,
    bills: list[MonthlyBill],
    payments: Mapping[str, Any],
    newest: Any,
    terms: CreditTerms | None = None,
) -> Verdict:
    """Return the level the night found, with today's records behind it; `newest` is the night's bill month."""
    terms = terms or CreditTerms()
    words = {"line": terms.low_score_below, "months": terms.arrears_months}
    credit = Credit(level)
    return Verdict(
        kind="credit",
        title=_("Credit"),
        value=level,
        label=str(credit.label),
        clause=str(CLAUSES[credit]) % words,
        policy=_("Credit terms: %(months)s months of arrears, score below %(line)s") % words,
        evidence=_evidence(customer, bills, payments, newest, terms),
        change=str(CHANGES.get(credit, "")) % words,
    )


def _evidence(
    customer: Customer, bills: list[MonthlyBill], payments: Mapping[str, Any], newest: Any, terms: CreditTerms
) -> list[Evidence]:
    counted = [bill for bill in bills if 0 <= month_of(newest) - month_of(bill.month) < terms.arrears_months]
    owing = [bill for bill in counted if _is_owing(bill)]
    score = _("none") if customer.credit_score is None else str(customer.credit_score)
    found = [
        Evidence(_("Months suspended owing, of the last %(months)s") % {"months": terms.arrears_months}, len(owing), "count"),
        Evidence(_("Late payments in 90 days"), payments["delays"], "count"),
        Evidence(_("Credit score"), score),
    ]  # fmt: skip
    if payments["stopped_on"]:
        found.append(Evidence(_("Last stopped for arrears on"), payments["stopped_on"]))
    if counted and counted[-1].owed_fen > 0:
        found.append(Evidence(_("Owed on the newest bill"), counted[-1].owed_fen, "yuan"))
    return found


def _is_owing(bill: MonthlyBill) -> bool:
    return bool(flags_of(state=[bill.state], is_signed=[True], owed_fen=bill.owed_fen)[0] & ARREARS)
