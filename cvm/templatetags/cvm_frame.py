"""What the frame of every page needs, read once per page."""

from __future__ import annotations

from typing import Any

from django import template

from cvm.context import PageFrame, page_frame

register = template.Library()


@register.simple_tag(takes_context=True, name="page_frame")
def page_frame_tag(context: dict[str, Any]) -> PageFrame:
    """Return rail, run stamp, person and switches for the reader of this page."""
    return page_frame(context["request"])
