"""Files of answered pairs: which two records, and whether they are one thing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from matching.engine.train import Labels
from matching.tables import BadFile, Columns, Records, read_columns

_YES, _NO = ("1", "true", "yes", "match"), ("0", "false", "no", "no_match")


def read_labels(path: Path, records: Records) -> Labels:
    """Read `source_id_a, source_id_b, match` (and `source_a`, `source_b` where ids repeat)."""
    columns = read_columns(path, needed=("source_id_a", "source_id_b", "match"))
    names = zip(records.source, records.source_id, strict=True)
    rows = {name: row for row, name in enumerate(names)}
    if "source_a" not in columns:
        rows = {("", name): row for (_, name), row in rows.items()}
    left, right = (_side(path, rows, columns, side) for side in "ab")
    match = [_answer(path, line, text) for line, text in enumerate(columns["match"], 2)]
    return Labels(np.array(left), np.array(right), np.array(match))


def _side(path: Path, rows: dict[tuple[str, str], int], columns: Columns, side: str) -> list[int]:
    ids = columns[f"source_id_{side}"]
    sources = columns.get(f"source_{side}") or [""] * len(ids)
    names = zip(sources, ids, strict=True)
    return [_row(path, rows, line, name) for line, name in enumerate(names, 2)]


def _row(path: Path, rows: dict[tuple[str, str], int], line: int, name: tuple[str, str]) -> int:
    if name not in rows:
        raise BadFile(f"{path}: row {line} names no record: {'/'.join(filter(None, name))!r}")
    return rows[name]


def _answer(path: Path, line: int, text: str) -> bool:
    found = text.strip().lower()
    if found not in (*_YES, *_NO):
        raise BadFile(f"{path}: row {line}: {text!r} is neither yes nor no")
    return found in _YES
