"""Reads and writes of the playbooks: one way of versions a stage; what differs between two."""

from __future__ import annotations

from dataclasses import dataclass

from customers.versioning import Way
from lifecycle.models import Playbook, Stage

DECIDES = (
    "aim_zh",
    "aim_en",
    "talk_zh",
    "talk_en",
    "avoid_zh",
    "avoid_en",
    "offer_families",
    "channels",
    "rhythm_days",
)
WAYS = {Stage(stage): Way(Playbook, "playbook", decides=DECIDES, within={"stage": stage}) for stage in Stage.values}


@dataclass(frozen=True)
class Difference:
    """One value of a playbook that differs, before and after."""

    label: str
    before: str
    after: str


def playbook_of(stage: int) -> Playbook | None:
    """Return the playbook in force for a stage; None for a customer without one."""
    return Playbook.objects.filter(stage=stage, status=Playbook.Status.LIVE).first()


def differences(before: Playbook, after: Playbook) -> list[Difference]:
    """Return what differs between two versions; empty when both say the same."""
    return [
        Difference(label(name), _text(before, name), _text(after, name))
        for name in DECIDES
        if getattr(before, name) != getattr(after, name)
    ]


def label(name: str) -> str:
    """Return what a value is called."""
    words = str(Playbook._meta.get_field(name).verbose_name)
    return words[:1].upper() + words[1:]


def _text(playbook: Playbook, name: str) -> str:
    value = getattr(playbook, name)
    return ", ".join(value) if isinstance(value, list) else str(value)
