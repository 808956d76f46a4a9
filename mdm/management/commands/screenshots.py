"""`manage.py screenshots [--demo FOLDER] [--to FOLDER]`."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mdm import screenshots, services


class Command(BaseCommand):
    """Takes the pictures of the documentation anew; starts a demo of its own unless told one."""

    help = "Take the documentation's screenshots from a demo hub."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", type=Path, help="the folder of a demo that is running")
        parser.add_argument("--to", type=Path, default=Path("docs/images"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, take, stop."""
        if problem := services.chromium().problem:
            raise CommandError(f"Chromium is needed: {problem}")
        folder: Path | None = options["demo"]
        try:
            hub = nullcontext(screenshots.facts_in(folder)) if folder else None
            with hub or screenshots.running_demo() as facts:
                screenshots.take(facts, options["to"], self.stdout.write)
        except (OSError, RuntimeError) as error:
            raise CommandError(str(error)) from None
