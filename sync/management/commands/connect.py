"""`manage.py connect SYSTEM --connector C --url U`."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from datetime import timedelta
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from canonical.entities import ENTITIES, entity_of_path
from sync import connectors
from sync.connections import Unconnectable, Wish, connect
from sync.models.connections import LoginKind

SECRET = "ASSAY_CONNECTION_SECRET"  # noqa: S105 (the name of a variable)
EVENT_SECRET = "ASSAY_EVENT_SECRET"  # noqa: S105 (the name of a variable)


class Command(BaseCommand):
    """Says how a named system is reached, and which of its entities are read."""

    help = (
        "Connect a system. The client secret, password or key is taken from the variable "
        f"{SECRET}, or asked for; what proves the system's events, from {EVENT_SECRET}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system", help="the system's code")
        parser.add_argument("--connector", required=True, choices=sorted(connectors.SYSTEMS))
        parser.add_argument("--url", required=True, help="where its interface begins")
        parser.add_argument("--login", choices=LoginKind.values, default=LoginKind.NONE)
        parser.add_argument("--with", action="append", default=[], dest="login_parts",
                            metavar="NAME=VALUE", help="of the login: client_id=...")  # fmt: skip
        parser.add_argument("--set", action="append", default=[], dest="chosen",
                            metavar="NAME=VALUE", help="a setting of the connector")  # fmt: skip
        parser.add_argument("--read", action="append", default=[], metavar="ENTITY",
                            help="an entity to read from it; or all")  # fmt: skip
        parser.add_argument("--every", type=int, metavar="SECONDS", help="read again that often")

    def handle(self, *args: Any, **options: Any) -> None:
        wish = Wish(
            system=options["system"],
            connector=options["connector"],
            url=options["url"],
            login_kind=LoginKind(options["login"]),
            login=_pairs(options["login_parts"]),
            secret=_secret(LoginKind(options["login"])),
            event_secret=os.environ.get(EVENT_SECRET, ""),
            settings={name: _value(text) for name, text in _pairs(options["chosen"]).items()},
            entities=_entities(options["connector"], options["read"]),
            every=timedelta(seconds=options["every"]) if options["every"] else None,
        )
        try:
            made = connect(wish, "connect")
        except Unconnectable as error:
            raise CommandError(str(error)) from None
        read = ", ".join(made.pulls.values_list("entity", flat=True)) or "nothing"
        self.stdout.write(f"{made.system_id} is connected by {made.connector}; read: {read}.")


def _pairs(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            raise CommandError(f"{text!r} is not NAME=VALUE.")
    return dict(text.split("=", 1) for text in given)


def _value(text: str) -> Any:
    """A number, true, false, or text as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _secret(kind: LoginKind) -> str:
    """Never an argument: the list of processes shows those."""
    if kind is LoginKind.NONE or SECRET in os.environ:
        return os.environ.get(SECRET, "")
    return getpass("Secret (empty keeps the present one): ") if sys.stdin.isatty() else ""


def _entities(connector: str, named: list[str]) -> list[str]:
    objects = connectors.SYSTEMS[connector].profile.objects
    if "all" in named:
        return list(objects)
    try:
        return [name if name in ENTITIES else entity_of_path(name) for name in named]
    except KeyError as error:
        raise CommandError(f"There is no entity {error}.") from None
