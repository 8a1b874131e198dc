#!/usr/bin/env python3
"""The one entry: `python3 manage.py up` runs the product, `python3 manage.py test` checks it."""

import os
import sys

from cvm.bootstrap import ensure_environment


def main() -> None:
    """Run a management command, installing what is missing first."""
    ensure_environment(sys.argv)
    if sys.argv[1:2] == ["test"]:
        # Before Django: the tests bring their own servers, and the settings must find those.
        from cvm.testing import run_suite

        run_suite(sys.argv[2:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cvm.settings")
    from cvm.commandline import execute

    execute(sys.argv)


if __name__ == "__main__":
    main()
