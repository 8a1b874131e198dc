"""docker-compose.yml and Dockerfile against their specification and against the code.

No engine runs here: what can be known without one is checked.
"""

import importlib.resources
import importlib.util
import json
import re
import shlex

import jsonschema
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from cvm import launch, supervise
from cvm.localstack import LocalStack

COMPOSE = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
DOCKERFILE = (settings.BASE_DIR / "Dockerfile").read_text().replace("\\\n", " ")
PROGRAMS = ["migrate", "web", "worker", "events", "beat"]
# Read by the programs themselves, not by our settings.
OF_OTHERS = {"REMAP_SIGTERM"}


def service(name):
    """One service of the file."""
    return COMPOSE["services"][name]


def test_file_follows_the_compose_specification():
    folder = importlib.resources.files("check_jsonschema.builtin_schemas.vendor")
    schema = json.loads((folder / "compose-spec.json").read_text())

    jsonschema.Draft202012Validator(schema).validate(COMPOSE)


def test_specification_refuses_a_misspelt_word():
    folder = importlib.resources.files("check_jsonschema.builtin_schemas.vendor")
    schema = json.loads((folder / "compose-spec.json").read_text())
    broken = {"services": {"web": {"image": "x", "comand": "y"}}}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(broken)


def test_every_part_of_the_product_is_there_and_watched():
    assert set(COMPOSE["services"]) == {*PROGRAMS, "postgres", "redis"}
    unwatched = [name for name, found in COMPOSE["services"].items() if "healthcheck" not in found]
    assert unwatched == ["migrate"]  # it ends when it is done


def test_commands_are_those_of_up():
    as_here = {
        "web": launch.web_command(host="0.0.0.0", port=8000),  # noqa: S104 - inside a container
        "worker": launch.worker_command(jobs=2),
        "events": launch.events_command(),
        "beat": launch.beat_command(),
    }

    assert {name: service(name)["command"] for name in as_here} == {
        name: ["python", *command[1:]] for name, command in as_here.items()
    }


def test_image_starts_the_web_server_by_itself():
    [found] = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)

    assert json.loads(found) == service("web")["command"]


def test_management_commands_exist():
    texts = [DOCKERFILE, *(shlex.join(service(name)["command"]) for name in PROGRAMS)]
    called = {name for text in texts for name in re.findall(r"manage\.py (\w+)", text)}

    assert called == {"assets", "collectstatic", "compilepo", "migrate"}
    assert called <= set(get_commands())


def test_modules_exist():
    modules = {service(name)["command"][2] for name in ("web", "worker", "beat")}

    assert modules == {"gunicorn", "celery"}
    assert all(importlib.util.find_spec(name) for name in (*modules, "cvm.wsgi", "cvm.celery"))


def test_settings_read_every_variable():
    given = {key for name in PROGRAMS for key in service(name)["environment"]}
    given |= set(re.findall(r"\b(CVM_\w+)=", DOCKERFILE))
    sources = [settings.BASE_DIR / "cvm/settings.py", *(settings.BASE_DIR / "cvm/localstack").glob("*.py")]
    text = "\n".join(path.read_text() for path in sources)

    assert {key for key in given - OF_OTHERS if f'"{key}"' not in text} == set()


def test_example_names_every_variable_a_person_sets():
    text = (settings.BASE_DIR / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text)) - {"CVM_VERSION"}
    example = (settings.BASE_DIR / ".env.example").read_text()

    assert asked == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_copied_files_exist():
    lines = re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
    sources = {word for line in lines for word in line.split()[:-1]}

    assert {name for name in sources if not (settings.BASE_DIR / name).exists()} == set()


def test_postgres_is_the_embedded_one():
    stack = LocalStack(state=settings.STATE_DIR)

    [major] = re.findall(r"^postgres:(\d+)", service("postgres")["image"])
    assert int(major) == stack.postgres.major


def test_postgres_is_made_with_the_embedded_ones_locale():
    words = service("postgres")["environment"]["POSTGRES_INITDB_ARGS"]

    assert "--locale=C --lc-ctype=C.UTF-8 --locale-provider=builtin" in words


def test_queue_never_evicts():
    assert "--maxmemory-policy noeviction" in service("redis")["command"][2]


def test_worker_may_finish_before_it_is_killed_and_nobody_waits_long():
    [grace] = re.findall(r"^(\d+)s$", service("worker")["stop_grace_period"])

    assert settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT <= 10  # celery waits for all of it
    assert min(int(grace), supervise.STOP_SECONDS) > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT + 10


def test_secrets_of_the_machine_do_not_get_into_the_image():
    ignored = (settings.BASE_DIR / ".dockerignore").read_text().split()

    assert {".env", ".state", ".git"} <= set(ignored)


def test_logs_do_not_fill_the_disk():
    limits = {name: found["logging"]["options"] for name, found in COMPOSE["services"].items()}

    assert set(limits) == {*PROGRAMS, "postgres", "redis"}
    assert all({"max-size", "max-file"} <= set(options) for options in limits.values())


def test_every_volume_is_used_and_kept():
    mounted = {volume.split(":")[0] for found in COMPOSE["services"].values() for volume in found.get("volumes", [])}

    assert mounted == set(COMPOSE["volumes"]) == {"files", "postgres", "redis"}


def test_web_and_workers_share_the_files_that_come_and_go():
    folders = {settings.SPOOL_DIR, settings.INBOX_DIR, settings.EXPORTS_DIR}

    for name in ("web", "worker"):
        given = service(name)["environment"]
        paths = [given[key] for key in ("CVM_SPOOL", "CVM_INBOX", "CVM_EXPORTS", "CVM_LADDER")]
        assert len(set(paths)) == len(folders) + 1  # tests keep no ladder in files
        assert all(path.startswith("/var/lib/cvm/files/") for path in paths)
        assert service(name)["volumes"] == ["files:/var/lib/cvm/files"]
    assert "/var/lib/cvm/files" in DOCKERFILE
