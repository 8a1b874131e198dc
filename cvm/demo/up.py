"""What `manage.py up` does with the demonstration branch: make it once, compute it once, say who may log in."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from customers.importing.run import import_file
from customers.importing.templates import ORDER, install_templates, template_for
from customers.models import Branch, Customer, Run, Staff
from cvm import nightly, staffing
from cvm.demo import organisation
from cvm.demo.decisions import decide, report_figures
from cvm.demo.experiments import experiment
from cvm.demo.generate import MANIFEST, generate, is_complete
from cvm.demo.reported import report
from cvm.demo.scenario import Scenario
from cvm.demo.today import live_a_day
from cvm.demo.work import work
from cvm.night.errors import NightAlreadyRunning
from cvm.night.older import countable
from cvm.night.opening import newest_closed_month
from cvm.night.watching import failure
from cvm.night.watching import progress as look
from cvm.progress import Progress, bilingual
from segmentation.opening import open_year

DEFAULT_CUSTOMERS = 20_000
SEED = 20
LOOK_SECONDS = 0.5


class NightFailed(CommandError):
    """The first night did not end well; the text says why."""


@dataclass(frozen=True)
class Login:
    """A login about to be shown; the secret lives nowhere else in clear."""

    username: str
    role: str
    secret: str


def prepare(progress: Progress) -> None:
    """Make tree, staff and customers of the demonstration branch; whatever exists already is left alone.

    A branch with customers of its own is never touched: only an empty database, or one whose import of our own files
    was interrupted, is filled.
    """
    folder = settings.LOCAL_STACK.folder("demo-data")
    is_ours = (folder / MANIFEST).exists()
    if Customer.objects.exists() and not is_ours:
        return
    scenario = _scenario(folder)
    make_units()
    make_staff(scenario.customers)
    if not is_complete(scenario, folder):
        _generate(scenario, folder, progress)
    _import(folder, progress)


def first_night(progress: Progress) -> None:
    """Compute the first night when none is published, then say who may log in."""
    try:
        if Run.objects.published() is None and Customer.objects.exists():
            _compute(progress)
    finally:
        _say_logins(progress)


@transaction.atomic
def make_units() -> None:
    """Make the units of the tree that are missing."""
    for unit in organisation.units():
        parent = Branch.objects.get(code=unit.parent) if unit.parent else None
        Branch.objects.get_or_create(code=unit.code, defaults={"name": unit.name, "kind": unit.kind, "parent": parent})


def make_staff(customers: int) -> None:
    """Make the logins that are missing; nobody can use them before `give_secrets`."""
    known = set(Staff.objects.values_list("username", flat=True))
    for person in organisation.staff(customers):
        if person.username not in known:
            _make(person)


def _make(person: organisation.Person) -> None:
    staffing.create_staff(
        person.username,
        role=person.role,
        unit=person.unit,
        password="",
        at=timezone.now(),
        display_name=person.display_name,
        employee_no=person.employee_no,
    )


def give_secrets(customers: int) -> list[Login]:
    """Give those people of the demonstration who cannot log in yet a random password (the API client a token)."""
    people = {person.username for person in organisation.staff(customers)}
    staff = Staff.objects.filter(username__in=people, auth_token=None).order_by("pk")
    return [Login(each.username, each.role, _secret(each)) for each in staff if not each.has_usable_password()]


def _secret(staff: Staff) -> str:
    if staff.role == Staff.Role.API_CLIENT:
        return staffing.token_of(staff)
    password = staffing.new_password()
    staffing.give_password(staff.username, password=password, at=timezone.now())
    return password


def _scenario(folder: Path) -> Scenario:
    """Return the scenario the folder was begun with, or today's."""
    manifest = folder / MANIFEST
    if manifest.exists():
        known = json.loads(manifest.read_text())
        as_of = timezone.datetime.fromisoformat(known["as_of"]).date()
        return Scenario(customers=known["customers"], months=known["months"], seed=known["seed"], as_of=as_of)
    customers = int(os.environ.get("CVM_DEMO_CUSTOMERS", DEFAULT_CUSTOMERS))
    return Scenario(customers=customers, seed=SEED, as_of=timezone.localdate())


def _generate(scenario: Scenario, folder: Path, progress: Progress) -> None:
    text = _("Writing the files of a demonstration branch with %(customers)s customers")
    progress(bilingual(text, customers=scenario.customers))

    def say(*, done: int, total: int) -> None:
        progress(bilingual(_("Monthly bills")), done=done, total=total)

    generate(scenario, folder, say=say)
    for path in folder.rglob("*"):
        settings.LOCAL_STACK.hand_over(path)


def _import(folder: Path, progress: Progress) -> None:
    install_templates()
    files = sorted((path for path in folder.iterdir() if path.suffix in (".csv", ".xlsx")), key=_rank)
    for number, path in enumerate(files, start=1):
        result = import_file(path, now=timezone.now())
        if not result.already:
            progress(bilingual(_("Importing the files")), done=number, total=len(files))


def _rank(path: Path) -> tuple[int, str]:
    """Order the files as the import wants them: who is referred to before who refers."""
    return ORDER.index(template_for(path).kind), path.name


def _compute(progress: Progress) -> None:
    month = newest_closed_month(timezone.localdate())
    for year in countable(month) if month else ():  # the generated months reach the base of the year before
        open_year(year, by=None, at=timezone.now())
    try:
        run = nightly.start_night(as_of=timezone.localdate(), reason="first night")
    except NightAlreadyRunning:
        run = Run.objects.get(status=Run.Status.RUNNING)
    progress(bilingual(_("Computing the first night over %(customers)s customers"), customers=run.customers))
    while run.status == Run.Status.RUNNING:
        seen = look(run)
        progress(seen.stage_name, done=seen.percent, total=100)
        time.sleep(LOOK_SECONDS)
        run.refresh_from_db()
    if run.status == Run.Status.FAILED:
        raise NightFailed(failure(run))
    decide(run=run, at=timezone.now())
    report_figures(run=run, at=timezone.now())
    work(run=run, at=timezone.now())
    experiment(run=run, at=timezone.now())
    report(run=run, at=timezone.now())
    live_a_day(run=run, clock=timezone.now)
    progress(bilingual(_("The first night is published")), done=100, total=100)


def _say_logins(progress: Progress) -> None:
    # Shown before they are stored: who stops us in between is told others at the next start.
    with transaction.atomic():
        logins = _unseen()
        for login in logins:
            progress(f"    {login.username:<10} {login.secret:<42} {Staff.Role(login.role).label}")
    if logins:
        progress(bilingual(_("Note these now: the passwords are shown this once and stored only as hashes")))
    progress(bilingual(_("A forgotten password: python3 manage.py staff password USERNAME")))


def _unseen() -> list[Login]:
    folder = settings.LOCAL_STACK.folder("demo-data")
    return give_secrets(_scenario(folder).customers) if (folder / MANIFEST).exists() else []
