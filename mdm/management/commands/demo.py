"""`manage.py demo [--port P] [--dir D] [--empty] [--reset]`."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from tqdm import tqdm

from mdm import demo
from mdm.supervise import GaveUpError
from mdm.tryton import demo as tryton
from mdm.tryton.installation import Unavailable


class Command(BaseCommand):
    """Prepares an embedded hub, fills it with the demo firm and keeps web and worker running."""

    help = "Run the hub on this machine alone, with the demo firm in it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--dir", type=Path, default=Path("var/demo"), help="where it lives")
        parser.add_argument("--empty", action="store_true", help="systems and keys, no records")
        parser.add_argument("--reset", action="store_true", help="remove an earlier demo first")
        parser.add_argument("--tryton", action="store_true", help="with a real ERP beside it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start over in the demo's own environment, then do all of it there."""
        hub = demo.Demo(options["dir"].resolve(), options["port"], options["empty"])
        try:
            if settings.DEMO and hub.folder == settings.VAR_DIR:
                self._run(hub, with_erp=options["tryton"])
            else:
                self._start_over(hub, reset=options["reset"])
        except (demo.DemoError, GaveUpError, Unavailable) as error:
            raise CommandError(str(error)) from None

    def _start_over(self, hub: demo.Demo, *, reset: bool) -> None:
        """Settings were read for the ordinary environment; only a new process reads them again."""
        demo.check_port(hub)
        if reset:
            demo.reset(hub)
        arguments = [argument for argument in sys.argv if argument != "--reset"]
        os.execve(sys.executable, [sys.executable, *arguments], hub.environment())

    def _run(self, hub: demo.Demo, *, with_erp: bool) -> None:
        with demo.lock(hub):
            self.stdout.write(f"Preparing the hub in {hub.folder} ...")
            self.stdout.flush()
            facts = demo.fill(hub, Bar())
            supervisor = demo.processes(hub, self.stdout.write)
            erp = self._erp(hub) if with_erp else None
            if erp:
                supervisor.services.insert(0, erp.service)
            try:
                supervisor.start()
                demo.wait_until_ready(hub, supervisor)
                if not supervisor.stopping:
                    self.stdout.write(demo.welcome(hub, facts))
                    self.stdout.write(tryton.welcome(erp.here) if erp else "")
                    self.stdout.flush()
                supervisor.run()
            finally:
                supervisor.stop()
        self.stdout.write("Stopped.")

    def _erp(self, hub: demo.Demo) -> tryton.Enabled:
        if hub.empty:
            raise demo.DemoError("--tryton needs the demo firm; leave --empty out.")
        try:
            return tryton.enable(hub.folder / "tryton", hub.port + 1, self.stdout.write)
        finally:
            connections.close_all()


class Bar:
    """A progress bar that appears with the first record and is done with the last."""

    def __init__(self) -> None:
        self.bar: tqdm[Any] | None = None

    def __call__(self, done: int, total: int) -> None:
        if self.bar is None:
            self.bar = tqdm(total=total, unit=" records", desc="Loading the demo firm")
        self.bar.update(done - self.bar.n)
        if done == total:
            self.bar.close()
