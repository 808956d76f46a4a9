"""Files of records: CSV, spreadsheets, JSON lines and JSON, with every fault at its line.

A row is `{"source_id": ..., "data": {...}}`, with `modified_at`, `version` and `same_as` if it
likes. A CSV row is flat: those four are columns of their own, every other column is a member of
`data`. A JSON row without `data` is data itself; then, as with `--id`, the column that holds the
id stays in it.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from canonical.api.contract.strict_json import MalformedJson, parse
from sync.inbound.files import sheets

MAX_FILE = 4 * 1024**3
MAX_LINE = 1024**2
MAX_JSON = 64 * 1024**2  # a JSON array is read whole; larger files come as JSON lines
MAX_COLUMNS = 2000
SEPARATORS = (",", ";", "\t", "|")
ENVELOPE = ("modified_at", "version", "same_as")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class FileFault(ValueError):
    """The file cannot be read any further; the text says at which line and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file. With a `fault` it is none, and reading goes on after it.

    `envelope` holds what the row says of modified_at, version and same_as.
    """

    line: int
    source_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    envelope: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


def read(path: Path, id_column: str = "source_id") -> Iterator[Row]:
    """Read a file by its ending: .csv, .xlsx, .json, .jsonl or .ndjson; text in UTF-8.

    Raises FileFault for what makes the rest unreadable: encoding, size, header, an open quote.
    """
    _reader(path.name)
    if path.stat().st_size > MAX_FILE:
        raise FileFault(f"{path.name} is larger than {MAX_FILE // 1024**3} GB")
    with path.open("rb") as file:
        yield from read_stream(path.name, file, id_column)


def read_stream(name: str, file: IO[bytes], id_column: str = "source_id") -> Iterator[Row]:
    """The same for a file that is open already; `name` tells by its ending what it is."""
    yield from _reader(name)(file, id_column)


def payloads(name: str, file: IO[bytes], limit: int) -> list[dict[str, Any]]:
    """The first records as they stand, whichever member is their id; raises FileFault."""
    ending = Path(name).suffix.lower()
    if ending in (".csv", ".xlsx"):
        first = sheets.rows(file) if ending == ".xlsx" else enumerate(_cells(file), start=1)
        try:
            names = next((cells for _, cells in first), [])
            rows = [dict(zip(names, cells, strict=False)) for _, cells in islice(first, limit)]
        except (csv.Error, sheets.BadSheet) as error:
            raise FileFault(str(error)) from error
        return [{n.strip(): v for n, v in row.items() if n.strip()} for row in rows if any(row)]
    read = islice(_reader(name)(file, "source_id"), limit)
    return [row.data for row in read if row.data]


def endings() -> list[str]:
    """The endings of files that can be read."""
    return sorted(_READERS)


def _reader(name: str) -> Callable[[IO[bytes], str], Iterator[Row]]:
    reader = _READERS.get(Path(name).suffix.lower())
    if reader is None:
        raise FileFault(f"{name} must end in {', '.join(endings())}")
    return reader


def digest(path: Path) -> str:
    """The SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- CSV


def _read_csv(file: IO[bytes], id_column: str) -> Iterator[Row]:
    rows = _cells(file)
    try:
        header = _header(next(rows, []), id_column)
        for cells in rows:
            if cells:
                yield _csv_row(rows.line_num, header, cells, id_column)
    except csv.Error as error:
        raise FileFault(f"line {rows.line_num}: {error}") from error


def _cells(file: IO[bytes]) -> Any:
    """The rows of cells, parted by whichever sign parts the most columns of the first line."""
    lines = _text_lines(file)
    first = next(lines, "")
    sign = max(SEPARATORS, key=first.count)
    return csv.reader(chain([first], lines), strict=True, delimiter=sign)


def _read_sheet(file: IO[bytes], id_column: str) -> Iterator[Row]:
    try:
        rows = sheets.rows(file)
        names = next(rows, (1, []))[1]
        while names and not names[-1].strip():
            names.pop()  # columns that were once in use
        header = _header(names, id_column)
        for line, cells in rows:
            if any(cells):
                yield _csv_row(line, header, _fitted(cells, len(header)), id_column)
    except sheets.BadSheet as error:
        raise FileFault(str(error)) from error


def _fitted(cells: list[str], width: int) -> list[str]:
    """As many cells as the header has; empty ones beyond it are dropped, missing ones empty."""
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return cells + [""] * (width - len(cells))


def _header(cells: list[str], id_column: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    if id_column not in names:
        raise FileFault(f"line 1: there is no column {id_column!r}")
    if len(set(names)) != len(names) or not all(names) or len(names) > MAX_COLUMNS:
        raise FileFault(f"line 1: columns need distinct names, {MAX_COLUMNS} at the most")
    return names


def _csv_row(line: int, header: list[str], cells: list[str], id_column: str) -> Row:
    if len(cells) != len(header):
        return Row(line, fault=f"has {len(cells)} cells where the header has {len(header)}")
    values: dict[str, Any] = dict(zip(header, map(_cell, cells), strict=True))
    values = {name: value for name, value in values.items() if value}
    source_id = values.get(id_column, "")
    envelope = {name: values.pop(name) for name in ENVELOPE if name in values}
    if id_column == "source_id":
        values.pop("source_id", None)
    if "version" in envelope:
        if not (envelope["version"].isascii() and envelope["version"].isdigit()):
            return Row(line, fault="its version is not a whole number")
        envelope["version"] = int(envelope["version"][:30])
    return _row(line, source_id, values, envelope)


def _cell(text: str) -> str:
    """A cell without the quote that keeps a spreadsheet from running it as a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r") else text


# --- JSON


def _read_json_lines(file: IO[bytes], id_column: str) -> Iterator[Row]:
    for number, line in enumerate(_lines(file), start=1):
        if line.strip():
            yield _json_row(number, line, id_column)


def _json_row(number: int, line: bytes, id_column: str) -> Row:
    try:
        return _object_row(number, parse(line.strip()), id_column)
    except MalformedJson as error:
        return Row(number, fault=f"{error.fault.detail} {error.fault.pointer}".strip())


def _read_json(file: IO[bytes], id_column: str) -> Iterator[Row]:
    raw = file.read(MAX_JSON + 1).removeprefix(_BYTE_ORDER_MARK)
    if len(raw) > MAX_JSON:
        raise FileFault(f"is larger than {MAX_JSON // 1024**2} MB: send JSON lines")
    try:
        found = parse(raw)
    except MalformedJson as error:
        raise FileFault(f"{error.fault.detail} {error.fault.pointer}".strip()) from error
    if not isinstance(found, list):
        raise FileFault("line 1: a JSON file holds a list of records")
    for number, item in enumerate(found, start=1):
        yield _object_row(number, item, id_column)


def _object_row(number: int, item: Any, id_column: str) -> Row:
    if not isinstance(item, dict):
        return Row(number, fault="is not an object")
    if "data" not in item:
        return _row(number, _at(item, id_column), item, {})
    if unknown := sorted(set(item) - {"source_id", "data", *ENVELOPE}):
        return Row(number, fault=f"has unknown members: {', '.join(unknown)}")
    envelope = {name: item[name] for name in ENVELOPE if name in item}
    return _row(number, item.get("source_id"), item["data"], envelope)


def _at(item: dict[str, Any], path: str) -> Any:
    """The member of this name; else, where it is a path, what it leads to."""
    if path in item:
        return item[path]
    found: Any = item
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _row(line: int, source_id: Any, data: Any, envelope: dict[str, Any]) -> Row:
    if isinstance(source_id, int) and not isinstance(source_id, bool):
        source_id = str(source_id)
    if not isinstance(data, dict):
        return Row(line, fault="its data is not an object")
    if not isinstance(source_id, str) or not 0 < len(source_id.strip()) <= 255:
        return Row(line, data=data, fault="has no source id of 1 to 255 characters")
    return Row(line, source_id.strip(), data, envelope)


# --- lines


def _text_lines(file: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(_lines(file), start=1):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            detail = f"byte {error.start + 1} is {line[error.start]:#04x}"
            raise FileFault(f"line {number}: is not UTF-8: {detail}") from error
        if "\0" in text:
            raise FileFault(f"line {number}: holds a NUL character")
        yield text


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The file's lines without a byte order mark, none so long that it could fill the memory."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if number == 1:
            if line.startswith(_UTF16):
                raise FileFault("line 1: is UTF-16: save the file as UTF-8")
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if len(line) > MAX_LINE:
            raise FileFault(f"line {number}: is longer than {MAX_LINE // 1024**2} MB")
        yield line


_READERS: dict[str, Callable[[IO[bytes], str], Iterator[Row]]] = {
    ".csv": _read_csv,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".xlsx": _read_sheet,
}
