"""`manage.py remap --system S --entity E`: map what a system has sent once more."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from canonical.access import of_hub
from canonical.entities import entity_of_path
from canonical.models import SourceRecord
from sync.inbound.remap import remap


class Command(BaseCommand):
    """Runs through intake, so that every golden record follows; can be stopped and started."""

    help = "Map a system's records again after a new mapping was put in force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", required=True)
        parser.add_argument("--entity", required=True, help="As in addresses: clients, ...")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many records there were of each outcome."""
        try:
            entity = entity_of_path(options["entity"])
        except KeyError:
            raise CommandError(f"There is no entity {options['entity']!r}.") from None
        records = SourceRecord.objects.filter(system=options["system"], entity=entity)
        with tqdm(total=records.count(), unit="record", disable=None) as bar:
            counts = remap(of_hub("remap"), options["system"], entity, bar.update)
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        self.stdout.write(told or "No records.")
