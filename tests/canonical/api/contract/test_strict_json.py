"""Strict JSON: what is refused, and where."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.api.contract.strict_json import MAX_DEPTH, MalformedJson, parse

REFUSED = [
    ("duplicate key", b'{"a": 1, "b": 2, "a": 3}', "duplicate_key", "/a"),
    ("duplicate key inside", b'{"x": [{"a": 1, "a": 1}]}', "duplicate_key", "/x/0/a"),
    ("duplicate by escape", b'{"a": 1, "\\u0061": 2}', "duplicate_key", "/a"),
    ("NaN", b'{"x": NaN}', "not_a_number", "/x"),
    ("Infinity", b"[1, -Infinity]", "not_a_number", "/1"),
    ("1e400", b'{"x": 1e400}', "number_out_of_range", "/x"),
    ("1e130000", b"1e130000", "number_out_of_range", ""),
    ("1E+999999999", b"[1E+999999999]", "number_out_of_range", "/0"),
    ("exponent beyond Decimal", b"[1E+9999999999999999999999]", "number_out_of_range", "/0"),
    ("5,000 digits", b"[" + b"9" * 5000 + b"]", "number_out_of_range", "/0"),
    ("NUL escape", b'{"a": {"b~/c": "x\\u0000"}}', "invalid_character", "/a/b~0~1c"),
    ("NUL in a key", b'{"a\\u0000": 1}', "invalid_character", ""),
    ("raw NUL", b'{"a": "x\x00"}', "syntax", ""),
    ("lone surrogate", b'["\\ud800"]', "invalid_character", "/0"),
    ("low surrogate alone", b'["ok", "\\uDC00x"]', "invalid_character", "/1"),
    ("raw surrogate", b'["\xed\xa0\x80"]', "invalid_utf8", ""),
    ("invalid UTF-8", b'{"a": "\xff"}', "invalid_utf8", ""),
    ("byte order mark", b"\xef\xbb\xbf{}", "syntax", ""),
    ("empty", b"", "syntax", ""),
    ("trailing text", b"{} {}", "syntax", ""),
    ("underscores", b"[1_000]", "syntax", ""),
    ("leading zero", b"[01]", "syntax", ""),
    ("other digits", "[１２]".encode(), "syntax", ""),
    ("depth 33", b"[" * 33 + b"]" * 33, "too_deep", ""),
    ("depth 8,000", b'{"a":' * 8000 + b"1" + b"}" * 8000, "too_deep", ""),
    ("depth 100,000, never closed", b"[" * 100_000, "too_deep", ""),
    ("2,001 keys", json.dumps(dict.fromkeys(map(str, range(2001)))).encode(), "too_many_keys", ""),
]


@pytest.mark.parametrize(("raw", "code", "pointer"), [case[1:] for case in REFUSED],
                         ids=[case[0] for case in REFUSED])  # fmt: skip
def test_it_refuses(raw: bytes, code: str, pointer: str) -> None:
    with pytest.raises(MalformedJson) as caught:
        parse(raw)
    assert (caught.value.fault.code, caught.value.fault.pointer) == (code, pointer)
    assert caught.value.fault.detail.encode()


def test_a_syntax_error_names_line_and_column() -> None:
    with pytest.raises(MalformedJson, match="line 2 column 8"):
        parse(b'{\n "a" : }')


def test_fractions_are_exact() -> None:
    value = parse(b'{"rate": 0.1000, "count": 12, "negative": -0.0, "tiny": 0e-9999}')
    assert value == {"rate": Decimal("0.1000"), "count": 12, "negative": 0, "tiny": 0}
    assert str(value["rate"]) == "0.1000"


def test_brackets_in_strings_are_no_depth() -> None:
    text = "[{" * 100 + '"' + "\\"
    assert parse(json.dumps([text] * 50).encode()) == [text] * 50


def test_the_greatest_depth_is_read() -> None:
    raw = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert json.dumps(parse(raw)).encode() == raw


def test_pairs_of_surrogates_and_wide_documents_are_read() -> None:
    assert parse(b'["\\ud83d\\ude00"]') == ["\U0001f600"]
    wide = [{"a": [1]}] * 500
    assert parse(json.dumps(wide).encode()) == wide


STORABLE = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=9)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | STORABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STORABLE, inner, max_size=4),
    max_leaves=12,
)


@given(DOCUMENTS, st.booleans())
def test_it_reads_what_the_standard_library_writes(document: Any, ascii_only: bool) -> None:
    assert parse(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@given(st.binary(max_size=60))
def test_nothing_raises_anything_else(raw: bytes) -> None:
    with contextlib.suppress(MalformedJson):
        parse(raw)
