"""`manage.py erase RS-000012 --by NAME --reason TEXT`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from canonical.documents import records
from canonical.golden.cause import Cause
from canonical.identity.errors import IdentityError
from canonical.models import Golden
from sync.erasure import erase


class Command(BaseCommand):
    """Forgets a person: here, in the targets that can, and as work for somebody in all others."""

    help = "Erase a person. It cannot be undone; the systems that send them have to erase first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("resource", help="its code or id")
        parser.add_argument("--by", required=True, help="who decided it")
        parser.add_argument("--reason", required=True, help="why: it stays in the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say who still holds the person and will not hear of it."""
        found = Golden.objects.filter(records.named(options["resource"])).first()
        if found is None:
            raise CommandError(f"There is no record {options['resource']}.")
        cause = Cause(actor="command:erase", name=options["by"], reason=options["reason"])
        try:
            holders = erase(found.pk, cause)
        except IdentityError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{found.code} is erased.")
        for system, ids in sorted(holders.items()):
            self.stdout.write(f"By hand: {system} holds {', '.join(ids)}.")
