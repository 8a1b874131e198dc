"""`manage.py staff list | create | password`: the logins of a branch, from the terminal."""

import getpass

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Staff
from cvm import staffing

SENTENCES = {
    "name_taken": _("The login %(value)s is taken. Choose another, or set its password: staff password %(value)s"),
    "no_such_staff": _("There is no login %(value)s. See: staff list"),
    "no_such_unit": _("There is no unit with the code “%(value)s”."),
    "number_taken": _("The staff number %(value)s belongs to another phone manager."),
}


class Command(BaseCommand):
    """List logins, make one, give one a new password."""

    help = "List, create or reset the logins of staff members."

    def add_arguments(self, parser):
        """One action with its own options."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="logins, roles, units")
        create = actions.add_parser("create", help="make a login")
        create.add_argument("username")
        create.add_argument("--role", required=True, choices=Staff.Role.values)
        create.add_argument("--branch", default="", help="code of the unit; default: the whole branch")
        create.add_argument("--name", default="", help="name shown on pages")
        create.add_argument("--employee-no", default="", help="staff number of a phone manager")
        password = actions.add_parser("password", help="give a new password and lift a lock")
        password.add_argument("username")
        for parser_of_action in (create, password):
            parser_of_action.add_argument(
                "--ask", action="store_true", help="type the password instead of a random one"
            )

    def handle(self, *args, action, **options):
        """Do one action; every refusal is one sentence."""
        try:
            getattr(self, f"_{action}")(**options)
        except staffing.StaffError as error:
            raise CommandError(str(SENTENCES[error.code]) % {"value": error.value}) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _list(self, **options):
        for staff in Staff.objects.select_related("branch").order_by("role", "username"):
            unit = staff.branch.name if staff.branch else "-"
            state = "" if staff.is_active else f" ({_('inactive')})"
            self.stdout.write(f"{staff.username}\t{staff.get_role_display()}\t{unit}\t{staff.display_name}{state}")

    def _create(self, *, username, role, branch, name, employee_no, ask, **options):
        is_client = role == Staff.Role.API_CLIENT
        password = "" if is_client else _password(ask)
        staff = staffing.create_staff(
            username,
            role=role,
            unit=branch,
            password=password,
            at=timezone.now(),
            display_name=name,
            employee_no=employee_no,
        )
        self.stdout.write(_("Login %(username)s created.") % {"username": username})
        self._show(staffing.token_of(staff) if is_client else password, is_client=is_client, was_typed=ask)

    def _password(self, *, username, ask, **options):
        password = _password(ask)
        staffing.give_password(username, password=password, at=timezone.now())
        self.stdout.write(_("New password for %(username)s.") % {"username": username})
        self._show(password, is_client=False, was_typed=ask)

    def _show(self, secret: str, *, is_client: bool, was_typed: bool):
        if is_client:
            self.stdout.write(_("Token (shown only now): %(secret)s") % {"secret": secret})
        elif not was_typed:
            self.stdout.write(_("Password (shown only now): %(secret)s") % {"secret": secret})


def _password(ask: bool) -> str:
    if not ask:
        return staffing.new_password()
    first = getpass.getpass(_("New password: "))
    if first != getpass.getpass(_("Again: ")):
        raise CommandError(_("The two passwords differ."))
    return first
