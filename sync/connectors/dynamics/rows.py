"""Rows of Dynamics and what the profile sees of them. Pure.

An id here is `company:number`, as one number may stand for another record in another company
(workers are of none);
a row refers to another by its number alone, within its company. There is no empty day: 1900-01-01
stands for none, and days come as moments at noon.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sync.connectors.dynamics.objects import COMPANY, KEPT, NUMBERS, SHARED
from sync.connectors.faults import poison
from sync.connectors.forms import DATE, NUMBER, REFERENCE
from sync.connectors.profile import Object

NEVER: Final = "1900-01-01"
NOON: Final = "T12:00:00Z"


def identity(company: str, number: str) -> str:
    """The id of a record here."""
    return f"{company}:{number}"


def key_of(thing: Object, source_id: str) -> dict[str, str]:
    """The key of a record in its company, or of one that all share."""
    if thing.name in SHARED:
        return {NUMBERS[thing.name]: source_id}
    company, _, number = source_id.partition(":")
    return {COMPANY: company, NUMBERS[thing.name]: number}


def id_of(thing: Object, row: Mapping[str, Any]) -> str:
    """The id of a row; companies are written in small letters."""
    if thing.name in SHARED:
        return str(row[NUMBERS[thing.name]])
    return identity(str(row[COMPANY]).lower(), str(row[NUMBERS[thing.name]]))


def outward(thing: Object, values: Mapping[str, Any], company: str) -> dict[str, Any]:
    """The body of a write: nothing has a value of its own. Turned for a reference elsewhere."""
    forms = {each.name: each.form.name for each in thing.fields}
    body: dict[str, Any] = {}
    for name, value in values.items():
        form = forms.get(name, "")
        if value in (None, "") and name in KEPT:
            continue
        if form == DATE.name:
            body[name] = f"{value or NEVER}{NOON}"
        elif form == NUMBER.name:
            body[name] = Decimal(0) if value is None else value
        elif form == REFERENCE.name and value:
            body[name] = _within(company, str(value), name)
        else:
            body[name] = "" if value is None else value
    return body


def _within(company: str, referred: str, name: str) -> str:
    there, _, number = referred.partition(":")
    if there != company:
        raise poison(f"{name} {number} is in the company {there}, the record in {company}")
    return number


def inward(thing: Object, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the profile and the mapping read it."""
    forms = {each.name: each.form.name for each in thing.fields}
    company = str(row.get(COMPANY, "")).lower()
    return {name: _seen(forms.get(name, ""), value, company) for name, value in row.items()}


def _seen(form: str, value: Any, company: str) -> Any:
    if value in (None, ""):
        return None
    if form == DATE.name:
        day = str(value)[:10]
        return None if day == NEVER else day
    if form == NUMBER.name:
        return value or None
    if form == REFERENCE.name:
        return identity(company, str(value))
    return value


def holdable(thing: Object, values: Mapping[str, Any]) -> dict[str, Any]:
    """Wanted values per path without what Dynamics cannot hold: it keeps some, and 0 is nothing."""
    kept = {each.path for each in thing.fields if each.name in KEPT}
    numbers = {each.path for each in thing.fields if each.form.name == NUMBER.name}
    return {
        path: None if path in numbers and value == "0" else value
        for path, value in values.items()
        if not (path in kept and value is None)
    }
