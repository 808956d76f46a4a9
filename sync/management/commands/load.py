"""`manage.py load FILE --system S --entity E`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from canonical import garbage
from canonical.access import of_hub
from canonical.entities import ENTITIES, entity_of_path, schema_of
from canonical.models import System
from sync.inbound.files import FileFault
from sync.inbound.load import Loading


class Command(BaseCommand):
    """Takes the records of a file in as their system would have sent them."""

    help = "Load a CSV, JSON lines or JSON file of one system's records; run again to go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--system", required=True, help="the system's code")
        parser.add_argument("--entity", required=True, help=", ".join(_paths()))
        parser.add_argument("--id", default="source_id", help="the column that holds the id")
        parser.add_argument("--results", type=Path, help="one result per row; else to stdout")
        parser.add_argument("--again", action="store_true", help="from the start, though finished")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one JSON line per row, and the summary beside the progress bar."""
        garbage.search_less()
        loading = _loading(options)
        if options["results"]:
            with options["results"].open("a", encoding="utf-8") as results:
                self._run(loading, lambda line: results.write(line + "\n"))
        else:
            self._run(loading, self.stdout.write)

    def _run(self, loading: Loading, write: Any) -> None:
        path, state = loading.path, loading.state
        if state.finished:
            self.stderr.write(f"{path.name} was loaded already; --again loads it once more.")
        try:
            with tqdm(total=_lines(path), initial=state.rows_done, unit=" rows") as bar:
                for loaded in loading:
                    write(json.dumps(loaded.as_row(), ensure_ascii=False))
                    bar.update()
        except FileFault as error:
            raise CommandError(f"{path.name}: {error} {_summary(loading)}") from error
        self.stderr.write(_summary(loading))


def _paths() -> list[str]:
    return [schema_of(entity).path for entity in ENTITIES]


def _loading(options: dict[str, Any]) -> Loading:
    path: Path = options["file"]
    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    system = System.objects.filter(code=options["system"]).first()
    if system is None:
        known = ", ".join(System.objects.values_list("code", flat=True))
        raise CommandError(f"There is no system {options['system']}; there are {known}.")
    try:
        entity = entity_of_path(options["entity"])
    except KeyError:
        raise CommandError(f"--entity is one of {', '.join(_paths())}.") from None
    principal = of_hub("load")
    return Loading(principal, system, entity, path, options["id"], options["again"])


def _lines(path: Path) -> int:
    """About how many rows there are: enough for a progress bar."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _summary(loading: Loading) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in loading.state.counts.items())
    return f"{loading.state.rows_done} rows: {counts or 'nothing new'}."
