"""What the desk leaves to the workers."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from callcenter import actions, task_actions


@shared_task(name="callcenter.hand_over_promises")
def hand_over_promises() -> int:
    """Let open promises follow customers who changed portfolio; doing it twice changes nothing."""
    return actions.hand_over_promises()


@shared_task(name="callcenter.escalate_tasks")
def escalate_tasks() -> int:
    """Flag tasks whose deadline has passed, for the leader's list; each is flagged once."""
    return task_actions.escalate(at=timezone.now())
