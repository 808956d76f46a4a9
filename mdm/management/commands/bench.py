"""`manage.py bench [NAME] [options]`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Runs the benchmarks: each room keeps its own in `<app>/benchmarks/<name>.py`.

    A benchmark is a module with one line of docstring and `run(options: list[str]) -> int`,
    which prints figures with their ratios and returns an exit code.
    """

    help = "Run one benchmark by name, or all of them; --list names them."

    def run_from_argv(self, argv: list[str]) -> None:
        """Pass a benchmark its own options unread."""
        arguments = argv[2:]
        if arguments and not arguments[0].startswith("-"):
            sys.exit(self._run_one(arguments[0], arguments[1:]))
        if arguments:
            sys.exit(self._list())
        sys.exit(max((self._run_one(name, []) for name in benchmarks()), default=0))

    def _run_one(self, name: str, options: list[str]) -> int:
        known = benchmarks()
        if name not in known:
            self.stderr.write(f"There is no benchmark {name!r}: {', '.join(known) or 'none yet'}.")
            return 2
        self.stdout.write(f"== {name}: {title(load(known[name]))}")
        code: int = load(known[name]).run(options)
        return code

    def _list(self) -> int:
        for name, module in benchmarks().items():
            self.stdout.write(f"{name:20} {title(load(module))}")
        return 0


def benchmarks() -> dict[str, str]:
    """Every benchmark's name with its module, from the lowest room up."""
    found = {}
    for config in apps.get_app_configs():
        if Path(config.path).parent == settings.BASE_DIR:
            for path in sorted(Path(config.path).glob("benchmarks/[!_]*.py")):
                found[path.stem] = f"{config.name}.benchmarks.{path.stem}"
    return found


def load(module: str) -> ModuleType:
    return importlib.import_module(module)


def title(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().partition("\n")[0]
