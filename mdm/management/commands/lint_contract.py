"""`manage.py lint_contract`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from canonical.api.contract import release

PATIENCE = 120  # seconds for npm to bring it
LINTER = "@stoplight/spectral-cli@6.16.3"


def _to_be_had(npx: str) -> bool:
    try:
        asked = [npx, "--yes", LINTER, "--version"]
        done = subprocess.run(asked, capture_output=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


class Command(BaseCommand):
    """Lints the OpenAPI document with Spectral from npm, where Node.js is."""

    help = "Lint the OpenAPI document with Spectral (needs npx)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--optional", action="store_true", help="only if it can be had")

    def handle(self, *args: Any, **options: Any) -> None:
        """Every warning is an error."""
        npx = shutil.which("npx")
        if npx is None or not _to_be_had(npx):
            if not options["optional"]:
                raise CommandError("The linter cannot be had: it needs npx and the npm registry.")
            self.stdout.write("Left out: the linter cannot be had.")
            return
        with tempfile.TemporaryDirectory() as folder:
            document = Path(folder) / "openapi.json"
            document.write_text(json.dumps(release.served(), indent=1), encoding="utf-8")
            rules = str(Path(settings.BASE_DIR) / ".spectral.yaml")
            lint = ["lint", "--fail-severity=warn", "--ruleset", rules, str(document)]
            quiet = {**os.environ, "SCARF_ANALYTICS": "false", "DO_NOT_TRACK": "1"}
            code = subprocess.run([npx, "--yes", LINTER, *lint], env=quiet, check=False).returncode
        if code:
            raise CommandError("The document is not clean.")
