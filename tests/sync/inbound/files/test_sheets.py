"""A spreadsheet's first sheet reads as the same table in CSV would."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from sync.inbound.files import FileFault, read_stream, sheets

SEEN = datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001 a spreadsheet knows no zone


def book(*rows: list[Any]) -> io.BytesIO:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    made.create_sheet("Notes").append(["never read"])
    file = io.BytesIO()
    made.save(file)
    file.seek(0)
    return file


def test_cells_become_text_and_empty_ones_say_nothing() -> None:
    file = book(
        ["id", "Name", "Since", "Seen", "Limit", "Open", None],
        [17, "Ostwind AG", date(2026, 3, 1), SEEN, 1000.5, True, None],
        [None, None, None, None, None, None, None],
        [18.0, "", None, None, 2000.0, False],
    )
    rows = list(read_stream("x.xlsx", file, "id"))
    assert [(row.line, row.source_id) for row in rows] == [(2, "17"), (4, "18")]
    assert rows[0].data == {
        "id": "17", "Name": "Ostwind AG", "Since": "2026-03-01", "Seen": "2026-03-01T09:30:00",
        "Limit": "1000.5", "Open": "true",
    }  # fmt: skip
    assert rows[1].data == {"id": "18", "Limit": "2000", "Open": "false"}


def test_a_quote_that_guards_a_formula_is_taken_off() -> None:
    file = book(["id", "Name"], ["1", "'=HYPERLINK(1)"])
    assert next(read_stream("x.xlsx", file, "id")).data["Name"] == "=HYPERLINK(1)"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"<html>"])
def test_what_is_no_spreadsheet_is_said(content: bytes) -> None:
    with pytest.raises(FileFault, match="not a spreadsheet"):
        list(read_stream("x.xlsx", io.BytesIO(content), "id"))


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1024)
    with pytest.raises(FileFault, match="unpacks to more"):
        list(read_stream("x.xlsx", book(["id"], ["1"]), "id"))


def test_a_missing_id_column_is_named() -> None:
    with pytest.raises(FileFault, match="no column 'id'"):
        list(read_stream("x.xlsx", book(["Name"], ["x"]), "id"))
