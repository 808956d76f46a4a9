"""How one value is written in a system's field and read back: two-way transforms as data.

`out` takes the canonical value as documents hold it and gives what the field takes; `back` are
the transforms of the inbound mapping; `same` brings what is held and what is wanted to one
spelling, so that they can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pycountry


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a value is written with: the target's ids per golden id, its words by place."""

    references: Mapping[str, Sequence[str]]
    words: Mapping[str, str]


Out = Callable[[Any, str, Surroundings], Any]
Same = Callable[[Any], Any]


def plain(value: Any) -> Any:
    """One spelling of a value: nothing for nothing, text without space around it."""
    if value is None or value == "" or value == []:
        return None
    return " ".join(value.split()) if isinstance(value, str) else value


def number(value: Any) -> Any:
    """The same number in one spelling, whatever its zeros."""
    try:
        return format(Decimal(str(value)).normalize(), "f") if plain(value) is not None else None
    except InvalidOperation:
        return plain(value)


def day(value: Any) -> Any:
    """The day, also of a timestamp."""
    return str(value)[:10] if plain(value) is not None else None


def moment(value: Any) -> Any:
    """An instant in UTC."""
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC).isoformat() if value else None
    except ValueError:
        return plain(value)


def truth(value: Any) -> Any:
    """True or false, also from the words."""
    return {"true": True, "false": False}.get(str(value).lower(), plain(value))


def _as_is(value: Any, place: str, around: Surroundings) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Form:
    """One two-way form; `with_currency` names the field beside that holds the currency."""

    name: str
    out: Out = _as_is
    back: tuple[Mapping[str, Any], ...] = field(default=({"name": "trim"},))
    same: Same = plain
    with_currency: str = ""


def _word(value: Any, place: str, around: Surroundings) -> Any:
    return around.words.get(place, value)


def _reference(value: Any, place: str, around: Surroundings) -> Any:
    """The target's id of the record referred to, or nothing while it has none."""
    ids = around.references.get(value["id"]) if isinstance(value, Mapping) else None
    return ids[0] if ids else None


def _number(value: Any, place: str, around: Surroundings) -> Any:
    return None if value is None else Decimal(str(value))


def _hundredfold(value: Any, place: str, around: Surroundings) -> Any:
    return None if value is None else (Decimal(str(value)) * 100).normalize() + 0


def _amount(value: Any, place: str, around: Surroundings) -> Any:
    return Decimal(str(value["amount"])) if isinstance(value, Mapping) else None


def _lines(value: Any, place: str, around: Surroundings) -> Any:
    return "\n".join(value) if value else None


def _country_name(value: Any, place: str, around: Surroundings) -> Any:
    found = pycountry.countries.get(alpha_2=value) if value else None
    return (getattr(found, "common_name", None) or found.name) if found else value


def _country_3(value: Any, place: str, around: Surroundings) -> Any:
    found = pycountry.countries.get(alpha_2=value) if value else None
    return found.alpha_3 if found else value


def _joined(value: Any, place: str, around: Surroundings) -> Any:
    return ";".join(map(str, value)) if value else None


TEXT: Final = Form("text")
EMAIL: Final = Form("email", back=({"name": "trim"}, {"name": "lower"}))
URI: Final = Form("uri", back=({"name": "trim"},))
CODE: Final = Form("code", _word, ({"name": "code"},))
COUNTRY: Final = Form("country", back=({"name": "country"},))
COUNTRY_NAME: Final = Form("country name", _country_name, ({"name": "country"},))
COUNTRY_3: Final = Form("country alpha-3", _country_3, ({"name": "country"},))
CURRENCY: Final = Form("currency", back=({"name": "currency"},))
LANGUAGE: Final = Form("language", back=({"name": "language"},))
PHONE: Final = Form("phone", back=({"name": "phone"},))
DATE: Final = Form("date", back=({"name": "date"},), same=day)
INSTANT: Final = Form("instant", back=({"name": "datetime"},), same=moment)
BOOLEAN: Final = Form("boolean", back=({"name": "boolean"},), same=truth)
INTEGER: Final = Form("integer", back=({"name": "integer"},), same=number)
NUMBER: Final = Form("number", _number, ({"name": "decimal", "places": 6},), number)
PERCENT: Final = Form(
    "percent", _hundredfold, ({"name": "decimal", "places": 6, "scale": -2},), number
)
LINES: Final = Form("lines", _lines, ({"name": "lines"},))
LIST: Final = Form("list", _joined, ({"name": "split", "separator": ";"},))
REFERENCE: Final = Form("reference", _reference, ({"name": "reference"},))


def money(currency: str) -> Form:
    """The amount of a money value whose currency stands in the field named."""
    back = ({"name": "money"},)
    return Form("money", _amount, back, number, with_currency=currency)


def as_text(form: Form) -> Form:
    """The same for a system that takes every value as text: nothing is empty text.

    What there is no way to say yet, such as a reference without an id there, stays None.
    """

    def out(value: Any, place: str, around: Surroundings) -> Any:
        inner = form.out(value, place, around)
        return None if inner is None and value is not None else text_of(inner)

    return replace(form, out=out)


def text_of(value: Any) -> str:
    """A value as text, without exponents; nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def wrapped(form: Form, member: str) -> Form:
    """The same inside an object with one member: `{"id": ...}`."""

    def out(value: Any, place: str, around: Surroundings) -> Any:
        inner = form.out(value, place, around)
        return None if inner is None else {member: inner}

    def same(value: Any) -> Any:
        return form.same(value.get(member) if isinstance(value, Mapping) else value)

    return replace(form, out=out, same=same)


def looked_up(table: Mapping[str, Any]) -> Form:
    """A value by a fixed table of the system's own: canonical to its word, and back."""
    back = {str(word).lower() if isinstance(word, bool) else str(word): term
            for term, word in reversed(list(table.items()))}  # fmt: skip

    def out(value: Any, place: str, around: Surroundings) -> Any:
        return table.get(str(value).lower() if isinstance(value, bool) else str(value))

    return Form("looked up", out, ({"name": "lookup", "table": back},))
