"""Writes on the stage thresholds: their versions go the way of all policies (customers/versioning.py)."""

from __future__ import annotations

from dataclasses import fields

from customers.versioning import Way
from lifecycle.models import StagePolicy
from lifecycle.signs import StageThresholds

LIMITS = tuple(field.name for field in fields(StageThresholds))
STAGES = Way(StagePolicy, "stage_policy", decides=LIMITS)
