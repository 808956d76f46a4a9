"""`manage.py reconcile TARGET [--dry-run]`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sync.models import Reconciliation, RunState, Subscription
from sync.reconciliation import drifts, runs, targets


class Command(BaseCommand):
    """Compares what a target holds with what it should hold, and heals by its policy."""

    help = "Compare a target with what it should hold; TARGET is the code of its system."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target")
        parser.add_argument("--dry-run", action="store_true", help="tell, keep and heal nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run each subscription's comparison; the exit code says whether anything differs."""
        found = list(targets.of_system(options["target"]))
        if not found:
            raise CommandError(f"Nothing is delivered to a system {options['target']!r}.")
        different = [self._compare(each, dry_run=options["dry_run"]) for each in found]
        sys.exit(1 if any(different) else 0)

    def _compare(self, subscription: Subscription, *, dry_run: bool) -> bool:
        asked = runs.request(subscription, "hub:command", dry_run=dry_run)
        run = runs.work(asked.pk, self._tell)
        if run is None:
            raise CommandError(f"{subscription.name} is being compared by another process.")
        if run.state == RunState.FAILED:
            raise CommandError(f"{subscription.name}: {run.error}")
        self.stdout.write(f"{subscription.name}: {_counted(run)}")
        for drift in drifts.pending(subscription).select_related("golden")[:20]:
            record = drift.golden.code if drift.golden else drift.source_id
            named = ", ".join(each["attribute"] for each in drift.differences)
            self.stdout.write(f"  {drift.kind:12} {record} {named} ({drift.state})")
        return any(run.counts.get(kind) for kind in targets.DIFFERENT)

    def _tell(self, run: Reconciliation) -> None:
        self.stderr.write(f"{run.done:,} of {run.total:,} records", ending="\r")


def _counted(run: Reconciliation) -> str:
    told = [f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(run.counts.items())
            if count]  # fmt: skip
    return ", ".join(told) or "nothing to compare"
