"""Reading files: what is a row, what is a faulty row, and what ends the reading."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.inbound.files import FileFault, Row, digest, read, reading


def rows(tmp_path: Path, name: str, content: bytes, id_column: str = "source_id") -> list[Row]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(read(path, id_column))


def test_csv_columns_are_a_flat_payload(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbfsource_id,legal_name,note,version,modified_at\r\n"
        b'1,"Acme, Ltd","two\nlines",7,2026-01-31T10:00:00Z\r\n'
        b"\r\n"
        b"2,Caf\xc3\xa9,,,\r\n"
    )
    assert rows(tmp_path, "clients.csv", content) == [
        Row(
            3,
            "1",
            {"legal_name": "Acme, Ltd", "note": "two\nlines"},
            {"modified_at": "2026-01-31T10:00:00Z", "version": 7},
        ),
        Row(5, "2", {"legal_name": "Café"}),
    ]


def test_json_lines_keep_every_digit(tmp_path: Path) -> None:
    content = b'{"source_id":"1","data":{"amount":0.10}}\n\n{"source_id":2,"data":{}}\n'
    first, second = rows(tmp_path, "x.jsonl", content)
    assert str(first.data["amount"]) == str(Decimal("0.10"))
    assert (second.source_id, second.line) == ("2", 3)


def test_a_json_file_is_a_list_of_records(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf[{"source_id":"1","data":{"a":1},"same_as":"CL-1"}, 7]'
    assert rows(tmp_path, "x.json", content) == [
        Row(1, "1", {"a": 1}, {"same_as": "CL-1"}),
        Row(2, fault="is not an object"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.jsonl", b'{"Id":"0015","Name":"Acme"}\n'), ("x.csv", b"Id,Name\n0015,Acme\n")],
)
def test_a_plain_payload_names_its_id_column(tmp_path: Path, name: str, content: bytes) -> None:
    (row,) = rows(tmp_path, name, content, "Id")
    assert (row.source_id, row.data) == ("0015", {"Id": "0015", "Name": "Acme"})


def test_a_cell_guarded_against_formulas_is_read_back(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "x.csv", b"source_id,a,b,c\n1,'=1+1,'quoted,'-5\n")
    assert row.data == {"a": "=1+1", "b": "'quoted", "c": "-5"}


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("x.csv", b"source_id,a\n1,2,3\n", "has 3 cells where the header has 2"),
        ("x.csv", b"source_id,a\n,2\n", "has no source id"),
        ("x.csv", b"source_id,version\n1,latest\n", "version is not a whole number"),
        ("x.jsonl", b"{\n", "at line 1 column 2"),
        ("x.jsonl", b'{"a":1,"a":2}\n', "appears twice"),
        ("x.jsonl", b'{"source_id":"1","data":{"a":NaN}}\n', "is not JSON. /data/a"),
        ("x.jsonl", b'{"source_id":"1","data":{"a":"\\u0000"}}\n', "NUL"),
        ("x.jsonl", b'{"source_id":"1","data":"\xff"}\n', "Not UTF-8"),
        ("x.jsonl", b"[" * 40 + b"]" * 40 + b"\n", "deeper than 32"),
        ("x.jsonl", b'{"source_id":"1","data":[]}\n', "its data is not an object"),
        ("x.jsonl", b'{"source_id":true,"data":{}}\n', "has no source id"),
        ("x.jsonl", b'{"source_id":"1","data":{},"extra":1}\n', "unknown members: extra"),
    ],
)
def test_a_faulty_row_does_not_end_the_file(
    tmp_path: Path, name: str, content: bytes, fault: str
) -> None:
    good = {"x.csv": b"9," + b"," * (content.split(b"\n")[0].count(b",") - 1) + b"\n"}.get(
        name, b'{"source_id":"9","data":{}}\n'
    )
    bad, fine = rows(tmp_path, name, content + good)
    assert fault in bad.fault
    assert bad.line in (1, 2)
    assert (fine.source_id, fine.fault) == ("9", "")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.xls", b"", "must end in .csv, .json, .jsonl, .ndjson, .xlsx"),
        ("x.csv", b"", "line 1: there is no column 'source_id'"),
        ("x.csv", b"id,name\n", "line 1: there is no column 'source_id'"),
        ("x.csv", b"source_id,a,a\n", "distinct names"),
        ("x.csv", b"source_id,\n", "distinct names"),
        ("x.csv", b"source_id\n1\n\xe9\n", "line 3: is not UTF-8: byte 1 is 0xe9"),
        ("x.csv", "source_id\n1".encode("utf-16"), "line 1: is UTF-16"),
        ("x.csv", b'source_id\n"1\n', "unexpected end of data"),
        ("x.csv", b"source_id\n\x00\n", "line 2: holds a NUL character"),
        ("x.json", b"{}", "holds a list"),
        ("x.json", b"[1,", "at line 1"),
    ],
)
def test_what_ends_the_reading_says_where(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(FileFault, match=re.escape(reason)):
        rows(tmp_path, name, content)


def test_sizes_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LINE", 50)
    with pytest.raises(FileFault, match="line 2: is longer than"):
        rows(tmp_path, "x.csv", b"source_id\n" + b"1" * 60)
    monkeypatch.setattr(reading, "MAX_JSON", 50)
    with pytest.raises(FileFault, match="send JSON lines"):
        rows(tmp_path, "x.json", b"[" + b" " * 60 + b"]")
    monkeypatch.setattr(reading, "MAX_FILE", 50)
    with pytest.raises(FileFault, match="is larger than"):
        rows(tmp_path, "x.csv", b"1" * 60)


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"source_id\n1\n")
    assert digest(path) == hashlib.sha256(b"source_id\n1\n").hexdigest()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(st.sampled_from(["x.csv", "x.json", "x.jsonl"]), st.binary() | st.text().map(str.encode))
def test_any_bytes_give_rows_or_a_fault(tmp_path: Path, name: str, content: bytes) -> None:
    try:
        found = rows(tmp_path, name, content)
    except FileFault:
        return
    assert all(isinstance(row, Row) for row in found)
