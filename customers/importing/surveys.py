"""Answers of surveys taken elsewhere: one row per customer, question and instant. An answer may say a need, or loyalty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from customers.importing.fields import MSISDN, USER_CODE, instant, text
from customers.importing.people import with_customers
from customers.importing.reasons import Reason
from customers.importing.references import with_staff
from customers.importing.rows import Account, Rows, distinct
from customers.importing.staging import Columns, merge, stage
from customers.importing.targets import Context, Target
from customers.importing.words import word_of
from customers.models import MappingTemplate, NeedKind, SurveyQuestion
from customers.surveys import LONGEST_TEXT, LOYALTY, NoSuchAnswer, value_of

TABLE = "customers_surveyanswer"
UNKNOWN = -1
KEY = ("customer_id", "question_id", "taken_at")
FIELDS = (
    USER_CODE,
    MSISDN,
    text("form", length=32),
    text("question", length=200, required=True),
    text("value", length=LONGEST_TEXT, required=True),
    instant("taken_at", required=True),
    text("staff", length=150),
)
COLUMNS: Columns = {
    "customer_id": "integer",
    "question_id": "integer",
    "taken_at": "timestamptz",
    "value": "text",
    "taken_by_id": "integer",
    "source_key": "text",
}

# What the newest answer of each customer in the file says of loyalty; a newer one from the desk stands.
SET_LOYALTY = """
    update customers_customer as customer
    set loyalty = said.loyalty
    from (
        select distinct on (answer.customer_id) answer.customer_id, meaning.loyalty
        from customers_surveyanswer as answer
        join unnest(%(questions)s::int8[], %(values)s::text[], %(loyalties)s::int2[])
             as meaning (question_id, value, loyalty) using (question_id, value)
        where answer.customer_id in (select customer_id from incoming)
        order by answer.customer_id, answer.taken_at desc, answer.id desc
    ) as said
    where said.customer_id = customer.id and customer.loyalty <> said.loyalty
"""
# A need somebody closed after the customer said it is not opened again by the same answer.
OPEN_NEEDS = """
    insert into customers_need (customer_id, kind_id, source, status, words, is_suggested, collected_by_id,
                                collected_at, conclusion, source_key)
    select incoming.customer_id, meaning.kind_id, 'survey', 'collected', '', false, incoming.taken_by_id,
           incoming.taken_at, '', ''
    from incoming
    join unnest(%(questions)s::int8[], %(values)s::text[], %(kinds)s::int8[])
         as meaning (question_id, value, kind_id) using (question_id, value)
    where not exists (
        select 1 from customers_need as need
        where need.customer_id = incoming.customer_id and need.kind_id = meaning.kind_id
          and (need.closed_at is null or need.closed_at >= incoming.taken_at)
    )
    order by incoming.line
    on conflict do nothing
"""


def store_surveys(rows: Rows, account: Account, context: Context) -> None:
    """Store answers of forms in use, then what they say of needs and loyalty."""
    rows = with_customers(rows, account, context.cursor)
    rows = with_staff(rows, "staff", "taken_by_id", account)
    questions = _questions()
    rows = _with_questions(rows, questions, account)
    rows = _with_values(rows, {question.pk: question for question in questions}, account)
    rows = distinct(rows, KEY, account, shown="question")
    rows = rows.with_values(source_key=pa.array([""] * len(rows), pa.string()))
    stage(context.cursor, TABLE, rows, COLUMNS)
    present = frozenset(("value", "taken_by_id") if "staff" in rows.present else ("value",))
    merged = merge(context.cursor, TABLE, COLUMNS, key=KEY, present=present)
    account.new += merged.new
    account.changed += merged.changed
    account.accepted = len(rows)
    _follow(context.cursor, questions)


def _questions() -> list[SurveyQuestion]:
    """Return the questions of the forms in use, the newest version of a code first."""
    return list(
        SurveyQuestion.objects.filter(form__is_active=True)
        .select_related("form")
        .order_by("-form__version", "form__code", "position")
    )


def _with_questions(rows: Rows, questions: list[SurveyQuestion], account: Account) -> Rows:
    """Return the rows with `question_id`; a question is named by code or Chinese text, and by its form if given.

    Half and full width are the same: a question mark is typed either way.
    """
    known: dict[tuple[str, str], int] = {}
    for question in questions:
        for form in (question.form.code, question.form.name_zh, ""):
            for name in (question.code, question.text_zh):
                known.setdefault((word_of(form), word_of(name)), question.pk)
    said = list(zip(rows["form"].to_pylist(), rows["question"].to_pylist(), strict=True))
    meant = {pair: known.get((word_of(pair[0] or ""), word_of(pair[1] or "")), UNKNOWN) for pair in dict.fromkeys(said)}
    ids = np.array([meant[pair] for pair in said], np.int64)
    return rows.with_values(question_id=ids).without(ids == UNKNOWN, "question", Reason.UNKNOWN_WORD, account)


def _with_values(rows: Rows, questions: dict[int, SurveyQuestion], account: Account) -> Rows:
    """Return the rows with each answer as the form keeps it; one the question does not offer is rejected."""
    pairs = list(zip(rows["question_id"].tolist(), rows["value"].to_pylist(), strict=True))
    read = {pair: _value(questions[pair[0]], pair[1]) for pair in dict.fromkeys(pairs)}
    wrong = np.array([read[pair] is None for pair in pairs], np.bool_)
    kept = rows.without(wrong, "value", Reason.UNKNOWN_WORD, account)
    values = [read[pair] for pair in pairs if read[pair] is not None]
    return kept.with_values(value=pa.array(values, pa.string()))


def _value(question: SurveyQuestion, text: str) -> str | None:
    try:
        return value_of(question, text)
    except NoSuchAnswer:
        return None


def _follow(cursor: Any, questions: list[SurveyQuestion]) -> None:
    kinds = dict(NeedKind.objects.filter(is_active=True).values_list("code", "pk"))
    for statement, name, key, known in (
        (SET_LOYALTY, "loyalties", "loyalty", LOYALTY),
        (OPEN_NEEDS, "kinds", "need", kinds),
    ):
        found = list(_meanings(questions, key=key, known=known))
        columns = list(zip(*found, strict=True)) or [(), (), ()]
        cursor.execute(
            statement, dict(zip(("questions", "values", name), (list(column) for column in columns), strict=True))
        )


def _meanings(questions: list[SurveyQuestion], *, key: str, known: dict[str, int]) -> Iterator[tuple[int, str, int]]:
    """Yield (question, value, what it means) for the answers that say something of this kind."""
    for question in questions:
        for choice in question.choices:
            if choice.get(key) in known:
                yield question.pk, str(choice["value"]), known[choice[key]]


TARGET = Target(MappingTemplate.Kind.SURVEYS.value, FIELDS, store_surveys)
