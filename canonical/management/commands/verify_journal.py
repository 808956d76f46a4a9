"""`manage.py verify_journal`: prove that the journal is what was written."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from canonical.golden.journal import verify
from canonical.models import Change


class Command(BaseCommand):
    """Walks every hash chain from its first row to the head its golden record knows."""

    help = "Walk the journal's hash chains and report every row that was changed or is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 with the broken rows, or say how many are whole."""
        total = Change.objects.count()
        found = []
        with tqdm(total=total, unit="row", disable=None) as bar:
            for broken in verify(bar.update):
                found.append(broken)
                self.stdout.write(f"{broken.golden} version {broken.version}: {broken.detail}")
        if found:
            raise CommandError(f"{len(found)} broken places in {total} journal rows.")
        self.stdout.write(f"{total} journal rows are whole.")
