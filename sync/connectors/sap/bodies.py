"""Business partners of SAP and what the profile sees of them. Pure.

A tax number has a category, the country and a digit: `DE0` for value added tax.
A name is four fields of 40 characters. A street and up to four lines more are fields of their own.
The time of a change is a day in one field and a time of the day in another, both empty until the
first change.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sync.connectors import paths
from sync.connectors.faults import poison
from sync.connectors.odata import instant_of
from sync.connectors.sap.objects import IN_PARTNER, REACHED, ROLE, ROLES, TAX_IN_PARTNER
from sync.outbound.content.envelope import Message

NAMES: Final = tuple(f"OrganizationBPName{number}" for number in (1, 2, 3, 4))
WIDTH: Final = 40
#: The lines of an address in the order of SAP's labels, and their widths.
LINES: Final = {
    "StreetName": 60, "StreetPrefixName": 40, "AdditionalStreetPrefixName": 40,
    "StreetSuffixName": 40, "AdditionalStreetSuffixName": 40,
}  # fmt: skip
TIME: Final = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
MOMENTS: Final = (("LastChangeDate", "LastChangeTime"), ("CreationDate", "CreationTime"))


def outward(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any] | None]]:
    """The partner's own fields, and its addresses by role: None where there is to be none.

    A role without fields is not told of. Raises Turned where SAP has no room for a text.
    """
    whole = paths.nested(values)
    told = {role: whole.pop(role) for role in ROLES if role in whole}
    if "Name" in whole:
        whole |= _names(whole.pop("Name"))
    return whole, {role: _address(role, fields) for role, fields in told.items()}


def _names(name: str) -> dict[str, str]:
    found = textwrap.wrap(name, WIDTH, break_long_words=False, break_on_hyphens=False)
    _fits("a name", found, [WIDTH] * len(NAMES))
    return dict(zip(NAMES, [*found, *[""] * len(NAMES)], strict=False))


def _address(role: str, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    if not any(fields.values()):
        return None
    body = {name: value or "" for name, value in fields.items() if name != "Lines"}
    if "Lines" in fields:
        lines = (fields["Lines"] or "").split("\n")
        _fits(f"the {role} address", lines, list(LINES.values()))
        body |= dict(zip(LINES, [*lines, *[""] * len(LINES)], strict=False))
    return {**body, ROLE: role.upper()}


def _fits(what: str, texts: Sequence[str], widths: Sequence[int]) -> None:
    """Raise Turned where texts do not fit: SAP would cut them off or refuse the record."""
    fits = all(len(text) <= width for text, width in zip(texts, widths, strict=False))
    if len(texts) > len(widths) or not fits:
        room = ", ".join(map(str, widths))
        raise poison(f"SAP has no room for {what}: it takes lines of {room} characters")


def inward(partner: Mapping[str, Any]) -> dict[str, Any]:
    """A partner with its addresses as the profile and the mapping read it."""
    moment = changed_at(partner)
    seen: dict[str, Any] = {
        **{name: value for name, value in partner.items() if name != IN_PARTNER},
        "Name": _joined(" ", partner, NAMES),
        "ChangedAt": moment.isoformat() if moment else None,
    }
    seen[TAX_IN_PARTNER] = [_tax(row) for row in partner.get(TAX_IN_PARTNER) or ()]
    addresses = partner.get(IN_PARTNER) or ()
    for address in addresses:
        role = role_of(address)
        if role:
            seen[role] = {**address, "Lines": _joined("\n", address, LINES)}
    return {**seen, **_reached(addresses)}


def _reached(addresses: Iterable[Mapping[str, Any]]) -> dict[str, str | None]:
    """How an organisation is reached: by the registered address before others, and by its standard
    one of several. What a person at an address has is not the organisation's."""
    registered_first = sorted(addresses, key=lambda each: role_of(each) != "registered")
    found: dict[str, str | None] = {}
    for name, (part, field, standard) in REACHED.items():
        rows = (
            row
            for address in registered_first
            for row in sorted(address.get(part) or (), key=lambda each: not each.get(standard))
        )
        values = (row[field] for row in rows if row.get(field) and not row.get("Person"))
        found[name] = next(values, None)
    return found


def categorised(message: Message, categories: Mapping[str, str]) -> Message:
    """The message with SAP's category of each tax number; those without one are left out."""
    taxes = message.content.get("tax_ids")
    if not taxes:
        return message
    known = [{**tax, "category": found} for tax in taxes if (found := _category(tax, categories))]
    return replace(message, content={**message.content, "tax_ids": known})


def _category(tax: Mapping[str, Any], categories: Mapping[str, str]) -> str | None:
    """As the setting says, else `DE0` for a number for value added tax."""
    country, kind = tax.get("country"), str(tax.get("type") or "vat").lower()
    found = categories.get(f"{country}:{kind}")
    return found or (f"{country}0" if country and kind.rpartition("_")[2] == "vat" else None)


def is_ours(category: str, categories: Mapping[str, str]) -> bool:
    """Whether we write tax numbers of a category: what others are for, SAP's users keep."""
    return category[2:] == "0" or category in categories.values()


def _tax(row: Mapping[str, Any]) -> dict[str, Any]:
    category = str(row.get("BPTaxType") or "")
    kind = "vat" if category[2:] == "0" else category
    return {**row, "category": category, "country": category[:2], "type": kind}


def role_of(address: Mapping[str, Any]) -> str:
    """What an address is for, where it says so in our words."""
    role = str(address.get(ROLE) or "").lower()
    return role if role in ROLES else ""


def _joined(between: str, record: Mapping[str, Any], names: Iterable[str]) -> str | None:
    return between.join(record[name] for name in names if record.get(name)) or None


def changed_at(partner: Mapping[str, Any]) -> datetime | None:
    """When it was changed last, or made where it never was; UTC."""
    for day, time in MOMENTS:
        start = instant_of(partner.get(day))
        if start is not None:
            match = TIME.fullmatch(str(partner.get(time)))
            hours, minutes, seconds = match.groups(default="0") if match else ("0",) * 3
            since = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
            return start + since
    return None
