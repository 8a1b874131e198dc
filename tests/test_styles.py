"""Every class a template names has a rule, or something that finds it: a name without either was once a layout."""

import re
from pathlib import Path

from django.conf import settings

HOOKS = {"desk-save", "tile-link", "trial-form"}  # found by htmx and by tests, and not drawn
TAG = re.compile(r"\{%.*?%\}|[\w-]*\{\{.*?\}\}[\w-]*")


def test_every_class_of_a_template_has_a_rule():
    vendor = (settings.ASSETS_DIR / "vendor" / "tabler.min.css").read_text("utf-8")
    ruled = set(re.findall(r"\.([A-Za-z_][\w-]*)", _texts("*/static/**/*.css") + vendor))
    scripts = _texts("*/static/**/*.js")
    lost = {name for name in _classes() - ruled - HOOKS if name not in scripts}
    assert lost == set()


def _classes():
    templates = TAG.sub(" ", _texts("templates/**/*.html") + _texts("*/templates/**/*.html"))
    return {name for names in re.findall(r'class="([^"]*)"', templates) for name in names.split()}


def _texts(pattern):
    return "\n".join(path.read_text("utf-8") for path in sorted(Path(settings.BASE_DIR).glob(pattern)))
