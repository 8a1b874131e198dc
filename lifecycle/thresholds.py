"""The thresholds of a key moment as an admin sets them: checked against the module's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from django.utils.translation import gettext_lazy as _

from lifecycle.moments import REGISTRY


class ThresholdError(ValueError):
    """Base of all; `name` is the threshold it is about."""

    sentence: Any = ""

    def __init__(self, name: str, **detail: Any) -> None:
        super().__init__(name)
        self.name, self.detail = name, {"name": name, **detail}

    def __str__(self) -> str:
        return str(self.sentence % self.detail)


class UnknownThreshold(ThresholdError):
    sentence = _("This key moment has no threshold “%(name)s”.")


class NotAWholeNumber(ThresholdError):
    sentence = _("The threshold “%(name)s” must be a whole number.")


class ThresholdOutOfRange(ThresholdError):
    sentence = _("The threshold “%(name)s” must be between %(least)s and %(most)s.")


class ThresholdsCross(ThresholdError):
    sentence = _("The threshold “%(name)s” must be above “%(other)s”.")


def checked(code: str, overrides: Mapping[str, Any]) -> dict[str, int]:
    """Return the overrides that differ from the module's defaults; raises a ThresholdError."""
    known = {field.name: field for field in fields(REGISTRY[code].Thresholds)}
    for name, value in overrides.items():
        if name not in known:
            raise UnknownThreshold(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise NotAWholeNumber(name)
        least, most = known[name].metadata["least"], known[name].metadata["most"]
        if not least <= value <= most:
            raise ThresholdOutOfRange(name, least=least, most=most)
    resolved = thresholds(code, overrides)
    for name, field in known.items():
        other = field.metadata["above"]
        if other and resolved[name] <= resolved[other]:
            raise ThresholdsCross(name, other=other)
    return {name: value for name, value in overrides.items() if value != known[name].default}


def thresholds(code: str, overrides: Mapping[str, Any]) -> dict[str, int]:
    """Return every threshold of a kind, the module's default where nothing overrides it."""
    return asdict(REGISTRY[code].Thresholds(**overrides))
