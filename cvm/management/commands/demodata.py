"""`manage.py demodata`: write the files of a synthetic branch."""

import datetime as dt
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from cvm.demo.generate import generate
from cvm.demo.scenario import Scenario, ScenarioImpossible
from cvm.progress import Progress


class Command(BaseCommand):
    """Customers, bills, contracts and events of a branch that never existed."""

    help = "Write the operator's files of a synthetic branch, and its hidden answers beside them."
    requires_system_checks = []

    def add_arguments(self, parser):
        """How large, how long, from which seed, seen from which day."""
        parser.add_argument("--customers", type=int, default=20_000)
        parser.add_argument("--months", type=int, default=27)
        parser.add_argument("--seed", type=int, default=20)
        parser.add_argument("--as-of", type=dt.date.fromisoformat, default=None, help="YYYY-MM-DD, default today")
        parser.add_argument("--out", type=Path, default=Path("demo-data"))
        parser.add_argument("--format", choices=["csv", "parquet"], default="csv")

    def handle(self, *args, customers, months, seed, as_of, out, **options):
        """Write everything, then say where."""
        progress = Progress(self.stdout)
        try:
            as_of = as_of or timezone.localdate()
            scenario = Scenario(customers=customers, months=months, seed=seed, as_of=as_of)
        except ScenarioImpossible as error:
            raise CommandError(str(error)) from error

        def say(*, done: int, total: int) -> None:
            progress(_("Monthly bills"), done=done, total=total)

        progress(_("Generating %(customers)s customers over %(months)s months") % options_of(scenario))
        generate(scenario, out, file_format=options["format"], say=say)
        progress(_("Files written to %(folder)s") % {"folder": out})


def options_of(scenario: Scenario) -> dict[str, int]:
    """Return the numbers the first message shows."""
    return {"customers": scenario.customers, "months": scenario.months}
