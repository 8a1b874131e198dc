"""Tags by which a page shows a definition: `define` takes it by its key, `counted_with` names the policies behind it."""

from __future__ import annotations

from typing import Any

from django import template

from cvm.definitions import catalogue, registry

register = template.Library()


@register.simple_tag
def define(key: str) -> registry.Told:
    """Return a definition of the registry."""
    return catalogue.define(key)


@register.simple_tag(takes_context=True)
def counted_with(context: dict[str, Any], definition: Any) -> list[str]:
    """Return the policies of the shown run that decide a number, each with its version."""
    source = context.get("place") or context.get("run")
    policies = dict(getattr(source, "policies", None) or {})
    view = context.get("view")
    if "cohort" in policies and hasattr(view, "year"):
        policies["cohort"] = view.year
    return registry.counted_with(definition, policies)


@register.simple_tag
def policy_words(kind: str, run: Any) -> str:
    """Return the name of a policy, with the version the newest night counted by."""
    name, version = str(registry.POLICIES[kind]), (run.policies if run else {}).get(kind, "")
    return f"{name} {version}" if version else name


@register.simple_tag
def said(definition: registry.Definition, version: registry.Version) -> str:
    """Return the text of one version of a definition."""
    return definition.said(version)
