"""JSON objects read member by member: every fault is told at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from canonical.api.contract.parsers import expect_object
from canonical.api.contract.problems import Problem
from canonical.validation import Fault, escape

REASON: Final = 500


class Wrong(ValueError):
    """A value that cannot be read; `where` is a pointer below it."""

    def __init__(self, code: str, detail: str, where: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.where = code, detail, where


@dataclass(frozen=True, slots=True)
class Member:
    """How one member is read; `default` stands where an optional one is absent."""

    read: Callable[[Any], Any]
    required: bool = False
    default: Any = None


def read_body(data: Any, members: Mapping[str, Member]) -> dict[str, Any]:
    """Every member with its value or default; 400 for what is missing, unknown or wrong."""
    body = expect_object(data)
    faults = [
        Fault(f"/{escape(name)}", "unknown_member", f"There is no member {name[:80]!a} here.")
        for name in body
        if name not in members
    ]
    read = {name: _read(body, name, member, faults) for name, member in members.items()}
    if faults:
        raise Problem("invalid-request", faults[0].detail, errors=faults)
    return read


def read_deed(data: Any, members: Mapping[str, Member]) -> dict[str, Any]:
    """The body of what can be previewed; what is really done needs a reason."""
    body = read_body(data, {**DELETION, **members})
    if not body["preview"] and not body["reason"]:
        detail = "Say why; the reason is kept with the change."
        raise Problem("invalid-request", detail, errors=[Fault("/reason", "missing", detail)])
    return body


def _read(body: Mapping[str, Any], name: str, member: Member, faults: list[Fault]) -> Any:
    if name not in body:
        if member.required:
            faults.append(Fault(f"/{name}", "missing", f"The member {name} is missing."))
        return member.default
    try:
        return member.read(body[name])
    except Wrong as error:
        faults.append(Fault(f"/{name}{error.where}", error.code, error.detail))
        return None


def anything(value: Any) -> Any:
    """Any JSON value; someone else checks it."""
    return value


def flag(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Wrong("wrong_type", "Expected true or false.")
    return value


def text(longest: int = REASON, shortest: int = 0) -> Callable[[Any], str]:
    """Text of a length, without white space around it."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong("wrong_type", "Expected text.")
        told = value.strip()
        if not shortest <= len(told) <= longest:
            raise Wrong("wrong_length", f"Expected {shortest} to {longest} characters.")
        return told

    return read


def uuid(value: Any) -> UUID:
    """A UUID with its hyphens."""
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else UUID("")
    except ValueError:
        raise Wrong("not_an_id", "Expected a UUID.") from None


def one_of(choices: Collection[str]) -> Callable[[Any], str]:
    """One of a few words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise Wrong("unknown_value", f"Expected one of {', '.join(choices)}.")
        return value

    return read


def whole(least: int, most: int) -> Callable[[Any], int]:
    """A whole number in a range."""

    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Wrong("out_of_range", f"Expected a whole number from {least} to {most}.")
        return value

    return read


def decimal(least: Decimal, most: Decimal, places: int) -> Callable[[Any], Decimal]:
    """A number in a range, as JSON writes it or as text, with so many places at the most."""

    def read(value: Any) -> Decimal:
        try:
            told = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
            number = Decimal(value) if told and len(str(value)) <= 40 else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not least <= number <= most:
            raise Wrong("out_of_range", f"Expected a number from {least} to {most}.")
        if number != round(number, places):
            raise Wrong("out_of_range", f"Expected at most {places} decimal places.")
        return number

    return read


def matching(pattern: str, words: str) -> Callable[[Any], str]:
    """Text of a form."""
    form = re.compile(pattern)

    def read(value: Any) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise Wrong("wrong_form", f"Expected {words}.")
        return value

    return read


def listing(read_item: Callable[[Any], Any], longest: int) -> Callable[[Any], list[Any]]:
    """A list that is not empty."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or not 0 < len(value) <= longest:
            raise Wrong("wrong_type", f"Expected a list of 1 to {longest} items.")
        return [_item(read_item, item, place) for place, item in enumerate(value)]

    return read


def _item(read: Callable[[Any], Any], value: Any, place: int) -> Any:
    try:
        return read(value)
    except Wrong as error:
        raise Wrong(error.code, error.detail, f"/{place}{error.where}") from None


#: What may be told beside a deletion, and beside any deed.
DELETION: Final = {"reason": Member(text(), default=""), "preview": Member(flag, default=False)}


def _picks(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong("wrong_type", "Expected {attribute: value}.")
    return value


#: The values that a person picks inside a merge.
PICKS: Final = {"picks": Member(_picks, default={})}
