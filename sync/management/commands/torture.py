"""`manage.py torture --kills N [--seed S]`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from sync.torture.ablations import ABLATIONS
from sync.torture.cluster import at, cluster
from sync.torture.harness import torture
from sync.torture.scratch import scratch_database

DELIVERY_SECONDS = "ASSAY_DELIVERY_SECONDS"
CLUSTER = "ASSAY_TORTURE_CLUSTER"  # the folder of the server that may be crashed


class Command(BaseCommand):
    """Kills writers and workers of a hub in a database of its own, then checks the ledger."""

    help = "Kill -9 writers and workers while they write and deliver; nothing may be lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kills", type=int, default=100)
        parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
        parser.add_argument(
            "--without", choices=ABLATIONS, default="", help="leave a precaution out: it must fail"
        )
        parser.add_argument(
            "--crash-postgres",
            action="store_true",
            help="on a PostgreSQL server of its own, which is crashed every fourth time",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start over with short leases, then torture; the exit code says whether it held."""
        if options["crash_postgres"] and CLUSTER not in os.environ:
            with cluster() as own:
                os.environ |= {"ASSAY_DATABASE_URL": own.url, CLUSTER: str(own.folder)}
                code = subprocess.run([sys.executable, *sys.argv], check=False).returncode
            sys.exit(code)
        if options["without"] == "tail" and connection.vendor == "sqlite":
            raise CommandError(
                "SQLite commits rows in the order of their numbers: nothing is lost without it."
            )
        if DELIVERY_SECONDS not in os.environ:
            os.environ[DELIVERY_SECONDS] = "1"
            os.execv(sys.executable, [sys.executable, *sys.argv])  # settings were read already
        self.stdout.write(f"seed {options['seed']}")
        with scratch_database():
            ledger = torture(
                options["kills"],
                options["seed"],
                self.stdout.write,
                ablation=options["without"],
                crash=at(Path(os.environ[CLUSTER])).crash if CLUSTER in os.environ else None,
            )
        for violation in ledger.violations:
            self.stdout.write(f"VIOLATION {violation}")
        self.stdout.write(
            f"{ledger.acknowledged} acknowledged, {ledger.changes} journaled, "
            f"{ledger.requests} requests, {len(ledger.violations)} violations"
        )
        sys.exit(1 if ledger.violations else 0)
