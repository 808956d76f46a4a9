"""Transforms of text, of lists of text, and from one word to another."""

from __future__ import annotations

from typing import Any

import re2

from sync.inbound.transforms.registry import Transform, as_text, named, shown


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [as_text(item) for item in values if item is not None]


@named
def trim() -> Transform:
    """Text without the space around it; a run of space inside becomes one."""
    return lambda value: " ".join(as_text(value).split())


@named
def code() -> Transform:
    """A vocabulary's value as the system writes it: the crosswalk translates it later."""
    return trim()


@named
def upper() -> Transform:
    """Text in capitals."""
    return lambda value: as_text(value).upper()


@named
def lower() -> Transform:
    """Text in small letters."""
    return lambda value: as_text(value).lower()


@named
def split(separator: str) -> Transform:
    """A list of the trimmed, non-empty parts of a text."""
    if not separator:
        raise ValueError("split: separator must not be empty")
    return lambda value: [part.strip() for part in as_text(value).split(separator) if part.strip()]


@named
def join(separator: str = " ") -> Transform:
    """The non-empty texts of a list as one text."""
    return lambda value: separator.join(part.strip() for part in _texts(value) if part.strip())


@named
def lines() -> Transform:
    """Address lines: the trimmed lines of one text or of several."""

    def apply(value: Any) -> list[str]:
        rows = (row.strip(" ,\t") for text in _texts(value) for row in text.splitlines())
        return [row for row in rows if row]

    return apply


@named
def extract(pattern: str) -> Transform:
    """The first group (else the whole) of the first match of an RE2 pattern; nothing if none."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"extract: not an RE2 pattern: {error}") from error
    group = 1 if compiled.groups else 0

    def apply(value: Any) -> str | None:
        match = compiled.search(as_text(value))
        return match.group(group) if match else None

    return apply


@named
def lookup(table: dict[str, Any], default: str = "") -> Transform:
    """The entry of a table of constants; a value without one is an error unless defaulted."""

    def apply(value: Any) -> Any:
        key = str(value).lower() if isinstance(value, bool) else as_text(value).strip()
        if key in table or default:
            return table.get(key, default)
        raise ValueError(f"{shown(value)} is not in the table")

    return apply


_TRUE = ("true", "yes", "y", "t", "1")
_FALSE = ("false", "no", "n", "f", "0")


@named
def boolean(true: list[str] = [], false: list[str] = []) -> Transform:  # noqa: B006 never changed
    """True or false from true/false, yes/no, y/n, t/f, 1/0, and the words given."""
    words = {str(word).lower(): True for word in (*_TRUE, *true)}
    words |= {str(word).lower(): False for word in (*_FALSE, *false)}

    def apply(value: Any) -> bool:
        word = str(value).lower() if isinstance(value, bool) else as_text(value).strip().lower()
        if word not in words:
            raise ValueError(f"{shown(value)} is neither true nor false")
        return words[word]

    return apply


@named
def reference(system: str = "") -> Transform:
    """Another record, or a list of them, by the id this system (or the one named) knows."""
    base = {"system": system} if system else {}

    def one(value: Any) -> dict[str, str] | None:
        source_id = as_text(value).strip()
        return {**base, "source_id": source_id} if source_id else None

    def several(values: list[Any]) -> list[dict[str, str]]:
        found = [one(value) for value in values if value is not None]
        return [reference for reference in found if reference]

    return lambda value: several(value) if isinstance(value, list) else one(value)
