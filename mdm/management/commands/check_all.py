"""`manage.py check_all`."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

CHECKS = {
    "lint": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types": ["-m", "mypy", "."],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "architecture": ["-m", "pytest", "-q", "tests/test_architecture.py"],
}


class Command(BaseCommand):
    """Runs every check that needs no running hub; the same word here and in CI."""

    help = "Lint, format, types, missing migrations and the architecture."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run all of them even if one fails, then name those that did."""
        failed = [name for name, command in CHECKS.items() if not self._passes(name, command)]
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}.")
        self.stdout.write("Every check passed.")

    def _passes(self, name: str, command: list[str]) -> bool:
        self.stdout.write(f"== {name} ==", ending="\n")
        self.stdout.flush()
        started = time.monotonic()
        code = subprocess.run([sys.executable, *command], cwd=settings.BASE_DIR, check=False)
        self.stdout.write(f"   {time.monotonic() - started:.1f} s")
        return code.returncode == 0
