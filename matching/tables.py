"""Files of records, pairs and truths: CSV and Parquet in and out, read into columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv, parquet

Columns = Mapping[str, Sequence[Any]]
Rows = npt.NDArray[np.int64]


class BadFile(ValueError):
    """The file cannot be used: the message says which, where and why."""


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one entity: who they are, and their attributes column by column."""

    source: list[str]
    source_id: list[str]
    attributes: LazyColumns


class LazyColumns(Mapping[str, Sequence[Any]]):
    """Columns that become Python values only while they are looked at: a million rows of text
    take ten times the room as strings."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self.table.column_names:
            raise KeyError(name)
        return _values(self.table[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.column_names)

    def __len__(self) -> int:
        return len(self.table.column_names)

    def forget(self) -> None:
        """Let go of the columns, which nothing reads any more, and give their room back."""
        self.table = self.table.select([])
        pa.default_memory_pool().release_unused()


def read_records(path: Path) -> Records:
    """Read a file with `source_id`, perhaps `source`, and canonical attribute columns."""
    columns = read_columns(path, needed=("source_id",))
    source_id = list(columns["source_id"])
    source = list(columns["source"]) if "source" in columns else [""] * len(source_id)
    _refuse_repetition(path, list(zip(source, source_id, strict=True)))
    return Records(source, source_id, columns)


def read_columns(path: Path, needed: Sequence[str] = ()) -> LazyColumns:
    """All columns of a CSV (as text) or Parquet file; empty and null alike are ""."""
    table = _table(path)
    for name in needed:
        if name not in table.column_names:
            raise BadFile(f"{path}: no column {name!r}; it has {', '.join(table.column_names)}")
    if not table.num_rows:
        raise BadFile(f"{path}: no rows")
    return LazyColumns(table)


def _table(path: Path) -> Any:
    try:
        return parquet.read_table(path) if path.suffix == ".parquet" else _csv(path)
    except FileNotFoundError as error:
        raise BadFile(f"{path}: no such file") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise BadFile(f"{path}: {error}") from error


def _csv(path: Path) -> Any:
    with path.open("rb") as file:
        names = csv.open_csv(file, parse_options=_PARSE).schema.names
    types = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return csv.read_csv(path, parse_options=_PARSE, convert_options=types)


_PARSE = csv.ParseOptions(newlines_in_values=True)


def _values(column: Any) -> list[Any]:
    if pa.types.is_nested(column.type):
        return ["" if value is None else value for value in column.to_pylist()]
    return list(column.cast(pa.string()).fill_null("").to_pylist())


def _refuse_repetition(path: Path, names: list[tuple[str, str]]) -> None:
    if len(set(names)) == len(names):
        return
    seen: dict[tuple[str, str], int] = {}
    for row, name in enumerate(names, 2):
        if name in seen:
            raise BadFile(f"{path}: row {row} repeats {'/'.join(name)} of row {seen[name]}")
        seen[name] = row


def read_truth(path: Path, records: Records) -> Rows:
    """The true cluster of every record, numbered; raises BadFile where one is missing."""
    columns = read_columns(path, needed=("source_id", "cluster_id"))
    sources = columns.get("source")
    names = zip(sources or [""] * len(columns["source_id"]), columns["source_id"], strict=True)
    known = dict(zip(names, columns["cluster_id"], strict=True))
    mine = records.source if sources else [""] * len(records.source)
    wanted = list(zip(mine, records.source_id, strict=True))
    missing = next((name for name in wanted if name not in known), None)
    if missing:
        raise BadFile(f"{path}: no true cluster for record {missing[1]!r}")
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(known[n], len(numbers)) for n in wanted], np.int64)


def write_columns(path: Path, columns: Columns) -> None:
    """Write columns as CSV, or as Parquet where the name ends so."""
    table = pa.table(dict(columns))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        parquet.write_table(table, path)
    else:
        csv.write_csv(table, path)
