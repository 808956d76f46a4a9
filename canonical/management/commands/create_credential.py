"""`manage.py create_credential SYSTEM --scope ...`: let a system or service in."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from canonical import access
from canonical.models import System
from canonical.models.access import SCOPES


class Command(BaseCommand):
    """Prints the client id and the secret as JSON; the secret is not shown again."""

    help = "Let a system in through the API, or a service that is no system."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("system", nargs="?", help="its code; none for a service")
        parser.add_argument("--scope", action="append", choices=sorted(SCOPES), required=True)
        parser.add_argument("--name", default="", help="what people call it")
        parser.add_argument("--restricted", action="store_true", help="sees restricted attributes")

    def handle(self, *args: Any, **options: Any) -> None:
        issued = access.issue_credential(
            self._system(options["system"]),
            dict.fromkeys(options["scope"]),
            name=options["name"],
            restricted=options["restricted"],
        )
        shown = {
            "client_id": issued.credential.client_id,
            "client_secret": issued.client_secret,
            "scopes": issued.credential.scopes,
        }
        self.stdout.write(json.dumps(shown, indent=2))

    @staticmethod
    def _system(code: str | None) -> System | None:
        if code is None:
            return None
        try:
            return System.objects.get(pk=code)
        except System.DoesNotExist:
            known = ", ".join(System.objects.values_list("code", flat=True))
            raise CommandError(f"There is no system {code!r}; there are: {known}.") from None
