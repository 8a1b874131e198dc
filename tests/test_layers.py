"""The house stands in layers: imports, foreign keys, SQL and template links point down only.

Imports are import-linter's work (tests/test_quality.py). Here is what it cannot see. Each checker
is a function over plain values, and each is shown to find a made-up violation.
"""

import ast
import re
import tomllib
from pathlib import Path

from django.apps import apps
from django.conf import settings

PROJECT = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
LAYERS_CONTRACT, COMPOSITION_CONTRACT = PROJECT["tool"]["importlinter"]["contracts"]
LAYERS = LAYERS_CONTRACT["layers"][:-1]  # highest first; the last one is cvm.lib
LINK = re.compile(r"""{%\s*(?:url|include|extends)\s+["'](\w+)[:/]""")


def higher_than(app):
    """Apps above one; everything for an app without a layer, such as a library."""
    return LAYERS[: LAYERS.index(app)]


# --- every module of the composition is covered --------------------------------------------------


def uncovered(modules, contract):
    """Modules of cvm that apps could import without anybody noticing."""
    return sorted(set(modules) - {"cvm.lib"} - set(contract["forbidden_modules"]))


def composition_modules():
    """Every module and package directly inside cvm."""
    files = [path for path in (settings.BASE_DIR / "cvm").iterdir() if path.stem != "__init__"]
    is_python = [p for p in files if p.suffix == ".py" or (p / "__init__.py").exists()]
    return [f"cvm.{path.stem}" for path in is_python]


def test_composition_is_covered():
    message = "add these to the second import-linter contract in pyproject.toml"
    assert uncovered(composition_modules(), COMPOSITION_CONTRACT) == [], message


def test_composition_names_no_module_that_is_gone():
    assert set(COMPOSITION_CONTRACT["forbidden_modules"]) <= set(composition_modules())


def test_uncovered_finds_a_new_module():
    contract = {"forbidden_modules": ["cvm.urls"]}

    assert uncovered(["cvm.urls", "cvm.lib", "cvm.home"], contract) == ["cvm.home"]


def test_contracts_cover_every_app_of_the_house():
    found = {config.name for config in apps.get_app_configs() if _is_ours(Path(config.path))}

    assert found - {"cvm"} == set(LAYERS)
    assert [*LAYERS_CONTRACT["layers"]] == [*LAYERS, "cvm.lib"]
    assert set(COMPOSITION_CONTRACT["source_modules"]) == {*LAYERS, "cvm.lib"}


def _is_ours(path):
    return path.parent == settings.BASE_DIR


# --- foreign keys --------------------------------------------------------------------------------


def upward(edges):
    """Edges (app, app, name) that point to a higher layer."""
    return [edge for edge in edges if edge[1] in higher_than(edge[0])]


def foreign_keys():
    """Relations between apps of the house, as (from, to, field)."""
    for app in LAYERS:
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            for field in model._meta.get_fields():
                if field.is_relation and field.concrete and field.related_model:
                    target = field.related_model._meta.app_label
                    yield app, target, f"{model._meta.label}.{field.name}"


def test_foreign_keys_point_down():
    assert upward(foreign_keys()) == []


def test_upward_finds_a_foreign_key_to_a_higher_app():
    down = ("callcenter", "customers", "QueueItem.customer")
    up = ("customers", "callcenter", "Customer.last_call")

    assert upward([down, up]) == [up]


# --- table names in SQL --------------------------------------------------------------------------


def words_of_higher_tables(app, text, *, tables):
    """Tables of higher apps that a text names; `tables` maps a table to its app."""
    words = set(re.findall(r"\w+", text))
    return sorted(name for name in words & set(tables) if tables[name] in higher_than(app))


def strings_in(source):
    """Every string of a Python file except its docstrings."""
    tree = ast.parse(source)
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in skipped]
    return [node.value for node in strings if isinstance(node.value, str)]


def table_owners():
    """Every table of the house and the app that owns it."""
    models = apps.get_models(include_auto_created=True)
    return {m._meta.db_table: m._meta.app_label for m in models if m._meta.app_label in LAYERS}


def sql_texts(app):
    """Texts of an app that may hold SQL, each with its file."""
    folder = settings.BASE_DIR / app
    for path in sorted(folder.rglob("*.py")):
        for text in strings_in(path.read_text()):
            yield path.relative_to(settings.BASE_DIR), text
    for path in sorted(folder.rglob("*.sql")):
        yield path.relative_to(settings.BASE_DIR), path.read_text()


def test_sql_names_no_table_of_a_higher_app():
    tables = table_owners()
    found = [
        (str(path), words)
        for app in LAYERS
        for path, text in sql_texts(app)
        if (words := words_of_higher_tables(app, text, tables=tables))
    ]

    assert found == []


def test_words_of_higher_tables_finds_a_join_upwards():
    tables = {"callcenter_contact": "callcenter", "customers_customer": "customers"}
    sql = "select 1 from customers_customer join callcenter_contact using (slot)"

    assert words_of_higher_tables("customers", sql, tables=tables) == ["callcenter_contact"]
    assert words_of_higher_tables("callcenter", sql, tables=tables) == []


def test_strings_in_sees_parts_of_a_formatted_string_but_no_docstring():
    source = '"""About callcenter_contact."""\nname = f"select {x} from callcenter_contact"\n'

    assert strings_in(source) == ["select ", " from callcenter_contact"]


# --- links in templates --------------------------------------------------------------------------


def links_upwards(app, template):
    """Names of higher apps that a template links to, includes or extends."""
    return sorted({name for name in LINK.findall(template) if name in higher_than(app)})


def test_templates_link_down():
    found = [
        (str(path.relative_to(settings.BASE_DIR)), names)
        for app in LAYERS
        for path in sorted((settings.BASE_DIR / app / "templates").rglob("*.html"))
        if (names := links_upwards(app, path.read_text()))
    ]

    assert found == []


def test_links_upwards_finds_url_and_include():
    template = """{% url 'callcenter:queue' %}{% include "retention/_why.html" %}
    {% url 'customers:detail' 3 %}{% include "customers/_card.html" %}"""

    assert links_upwards("lifecycle", template) == ["callcenter", "retention"]
