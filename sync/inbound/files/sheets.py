"""The first sheet of a spreadsheet as rows of text, in the way CSV would have held it. Pure."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any

from openpyxl import load_workbook

MAX_UNPACKED = 256 * 1024**2  # a small archive may unpack to more than a machine holds
MAX_CELL = 32_767  # what a spreadsheet itself allows


class BadSheet(ValueError):
    """The file is no spreadsheet that can be read; the text says why."""


def rows(file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of the first sheet; formulas as the values that were saved with them."""
    _check_size(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except Exception as error:
        raise BadSheet("is not a spreadsheet that can be read") from error
    sheet = book.worksheets[0] if book.worksheets else None
    if sheet is None:
        raise BadSheet("has no sheet")
    for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield line, [_text(cell) for cell in cells]


def _check_size(file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise BadSheet("is not a spreadsheet (.xlsx)") from error
    if unpacked > MAX_UNPACKED:
        raise BadSheet(f"unpacks to more than {MAX_UNPACKED // 1024**2} MB")
    file.seek(0)


def _text(value: Any) -> str:
    """A cell as text: a day or an instant as ISO writes it, a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        whole_day = value.time() == time()
        return value.date().isoformat() if whole_day else value.isoformat(sep="T")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)[:MAX_CELL]
