"""Management commands on a machine without servers: they bring the private ones up first."""

import contextlib
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import InterfaceError, OperationalError

from cvm import catalogues, outage
from cvm.localstack import LocalStackError

# These need no database, or look after the servers themselves.
WITHOUT_SERVERS = {
    "",
    "help",
    "version",
    "up",
    "down",
    "assets",
    "compilepo",
    "messages",
    "makemessages",
    "compilemessages",
    "collectstatic",
    "findstatic",
    "diffsettings",
    "startapp",
}


def execute(arguments: list[str]) -> None:
    """Run one command with the servers it needs."""
    # A catalogue compiled after Django has read the old one would not be seen. In an image the
    # folders are read-only and the catalogues complete.
    with contextlib.suppress(PermissionError):
        catalogues.compile_all()
    try:
        with servers_for(arguments):
            execute_from_command_line(arguments)
    except LocalStackError as error:
        sys.exit(f"\n{error}\n")
    except (OperationalError, InterfaceError) as error:
        if not outage.is_outage(error):
            raise
        sys.exit(f"\n{outage.told(error)}\n")
    except PermissionError as error:
        if not str(error.filename).startswith(str(settings.STATE_DIR)):
            raise
        sys.exit(
            f"\n没有权限写入 {error.filename}:它由另一个账号(例如 root)创建。请换成该账号运行,或删除它。\n"
            f"No permission for {error.filename}: another account (perhaps root) made it. Run as that account,"
            " or remove it.\n"
        )


def servers_for(arguments: list[str]) -> contextlib.AbstractContextManager:
    """Return a context in which the private servers run, when the command needs them."""
    command = arguments[1] if len(arguments) > 1 else ""
    is_help = command.startswith("-") or {"-h", "--help"} & set(arguments)
    if command in WITHOUT_SERVERS or is_help:
        return contextlib.nullcontext()
    if not (settings.DATABASE_IS_LOCAL or settings.REDIS_IS_LOCAL):
        return contextlib.nullcontext()
    return settings.LOCAL_STACK.session()
