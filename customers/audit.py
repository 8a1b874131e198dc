"""The one way to leave a trace: call it inside the transaction of the deed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models

from customers.models import AuditEntry, Staff


def record(
    action: str,
    *,
    actor: Staff | None,
    at: dt.datetime,
    subject: models.Model,
    reason: str = "",
    **detail: Any,
) -> AuditEntry:
    """Write who did what to which thing. `detail` must hold no personal data, only ids, versions and counts."""
    return AuditEntry.objects.create(
        at=at,
        actor=actor,
        action=action,
        subject=subject._meta.label_lower,
        subject_id=subject.pk,
        reason=reason,
        detail=detail,
    )
