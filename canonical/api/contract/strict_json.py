"""JSON as RFC 8259 means it: what two readers could understand differently is refused.

Duplicate keys, NaN and Infinity, NUL, lone surrogates, invalid UTF-8, numbers no column can
hold, deep nesting and huge objects. Fractions arrive as Decimal, never as a float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from canonical.validation import Fault, escape

MAX_DEPTH: Final = 32
MAX_KEYS: Final = 2_000
MAX_DIGITS: Final = 40
MAX_EXPONENT: Final = 40

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
# Both can only be written as an escape; whether one is really there is looked at afterwards.
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MalformedJson(ValueError):
    """The text is not JSON, or not JSON that means one thing."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.detail)
        self.fault = fault


class _Refused:
    """Stands in the parsed document where something has to be refused."""

    __slots__ = ("code", "detail", "step")

    def __init__(self, code: str, detail: str, step: str) -> None:
        self.code, self.detail, self.step = code, detail, step


def parse(raw: bytes) -> Any:
    """The value of one JSON text, or MalformedJson with the place."""
    text = _decode(raw)
    _check_depth(raw)
    reader = _Reader()
    try:
        value = reader.read(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise MalformedJson(Fault("", "syntax", f"{error.msg} at {place}.")) from None
    if reader.refused or _SUSPICIOUS_ESCAPE.search(text):
        _raise_first(value)
    return value


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"Not UTF-8: byte {error.start} is {raw[error.start]:#04x}."
        raise MalformedJson(Fault("", "invalid_utf8", detail)) from None


def _check_depth(raw: bytes) -> None:
    """Refuse deep nesting before the recursive parser sees it, at the speed of `replace`.

    With strings removed and brackets of one kind, each round takes off the innermost level.
    """
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    brackets = _STRING.sub(b"", raw).translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not (brackets := brackets.replace(b"[]", b"")):
            return
    if b"[]" in brackets or b"[" * MAX_DEPTH in brackets:
        detail = f"Nested deeper than {MAX_DEPTH} levels."
        raise MalformedJson(Fault("", "too_deep", detail))


class _Reader:
    """One parse; `refused` tells whether the result has to be searched for faults."""

    def __init__(self) -> None:
        self.refused = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._fraction,
            parse_int=self._integer,
            parse_constant=self._constant,
        )

    def read(self, text: str) -> Any:
        return self._decoder.decode(text)

    def _refuse(self, code: str, detail: str, step: str = "") -> _Refused:
        self.refused = True
        return _Refused(code, detail, step)

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        value = dict(pairs)
        if len(value) != len(pairs):
            return self._duplicate(pairs)
        if len(value) > MAX_KEYS:
            return self._refuse("too_many_keys", f"More than {MAX_KEYS} keys in one object.")
        return value

    def _duplicate(self, pairs: list[tuple[str, Any]]) -> _Refused:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                break
            seen.add(key)
        return self._refuse("duplicate_key", f"The key {key!a} appears twice.", f"/{_step(key)}")

    def _integer(self, text: str) -> Any:
        if len(text) > MAX_DIGITS:
            return self._refuse("number_out_of_range", f"More than {MAX_DIGITS} digits.")
        return int(text)

    def _fraction(self, text: str) -> Any:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return self._refuse("number_out_of_range", "The exponent is out of range.")
        if len(text) > MAX_DIGITS or (number and abs(number.adjusted()) > MAX_EXPONENT):
            return self._refuse("number_out_of_range", "The number is out of range.")
        # 0e999999999 is zero, but not as text in a column.
        return number if number else Decimal(0)

    def _constant(self, text: str) -> Any:
        return self._refuse("not_a_number", f"{text} is not JSON.")


def _raise_first(value: Any) -> None:
    for fault in _faults(value, ""):
        raise MalformedJson(fault)


def _faults(value: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(value, _Refused):
        yield Fault(pointer + value.step, value.code, value.detail)
    elif isinstance(value, str):
        yield from _text_faults(value, pointer)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _text_faults(key, pointer)
            yield from _faults(item, f"{pointer}/{_step(key)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, f"{pointer}/{index}")


def _text_faults(text: str, pointer: str) -> Iterator[Fault]:
    if found := _UNSTORABLE.search(text):
        name = "NUL" if found[0] == "\x00" else "a lone surrogate"
        yield Fault(pointer, "invalid_character", f"Contains {name} at character {found.start()}.")


def _step(key: str) -> str:
    """One step of a JSON pointer; what cannot be written becomes a question mark."""
    return escape(key.encode("utf-8", "replace").decode())
