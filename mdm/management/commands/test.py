"""`manage.py test [pytest arguments]`."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand

from mdm import suite


class Command(BaseCommand):
    """Runs the suite on the embedded database and, where it answers, on PostgreSQL."""

    help = "Run the test suite; every argument goes to pytest."

    def run_from_argv(self, argv: list[str]) -> None:
        """Pass the arguments on unread: `-k`, `-x` and `--pdb` are pytest's, not Django's."""
        sys.exit(suite.run(argv[2:], say=lambda text: print(text, flush=True)))  # noqa: T201
