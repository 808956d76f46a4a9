"""Business partners with their addresses and tax numbers.

A partner is made with its parts in one request; later each part is changed by itself. Changes are
asked for by the day, as time is another field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sync.connectors.profile import Rendered
from sync.connectors.sap import bodies
from sync.connectors.sap.kinds import Kind, Row
from sync.connectors.sap.objects import (
    ADDRESSES,
    IN_PARTNER,
    ORGANISATION,
    REACHED,
    ROLE,
    TAX_IN_PARTNER,
    TAX_NUMBERS,
)

ONLY: Final = f"BusinessPartnerCategory eq '{ORGANISATION}'"


class Partners(Kind):
    """Organisations, which SAP numbers and merges not."""

    id = "BusinessPartner"
    expand = ",".join(
        (IN_PARTNER, *(f"{IN_PARTNER}/{part}" for part, *_ in REACHED.values()), TAX_IN_PARTNER)
    )

    def found(self, key: str) -> list[Row]:
        """By the external number, which SAP does not keep unique."""
        wanted = f"{self.thing.key} eq {self.odata.literal(key)}"
        return [row for page in self.odata.query(self.thing.name, filter=wanted) for row in page]

    def create(self, rendered: Rendered, key: str) -> str:
        """Make it with its addresses, tax numbers and roles."""
        body, addresses = bodies.outward(rendered.filled)
        grouping = str(self.settings["grouping"])
        made = self.odata.create(self.thing.name, {
            **{name: value for name, value in body.items() if value != ""},
            **self.thing.first,
            **({"BusinessPartnerGrouping": grouping} if grouping else {}),
            self.thing.key: key,
            IN_PARTNER: [address for address in addresses.values() if address],
            TAX_IN_PARTNER: [element.values for element in self._taxes(rendered).values()],
            "to_BusinessPartnerRole": [
                {"BusinessPartnerRole": role} for role in self.settings["roles"]
            ],
        })  # fmt: skip
        return str(made[self.id])

    def update(self, source_id: str, rendered: Rendered, key: str) -> None:
        """Write the partner, then the addresses and tax numbers that are ours."""
        body, addresses = bodies.outward(rendered.values)
        self.odata.update(self.thing.name, self.key(source_id), {**body, self.thing.key: key})
        if addresses:
            self._write_addresses(source_id, addresses)
        if "tax_ids" in rendered.attributes:
            self._write_taxes(source_id, rendered)

    def end(self, source_id: str) -> None:
        """Block it centrally."""
        self.odata.update(self.thing.name, self.key(source_id), self.thing.inactive)

    def _write_addresses(self, partner: str, addresses: Mapping[str, Row | None]) -> None:
        """Change, add, or say of one that it is ours no longer: none is deleted."""
        wanted = f"{self.id} eq {self.odata.literal(partner)}"
        pages = self.odata.query(ADDRESSES, filter=wanted)
        there = {bodies.role_of(row): str(row["AddressID"]) for page in pages for row in page}
        for role, body in addresses.items():
            key = {self.id: partner, "AddressID": there.get(role, "")}
            if role in there:
                self.odata.update(ADDRESSES, key, {ROLE: ""} if body is None else body)
            elif body is not None:
                self.odata.create(ADDRESSES, {**body, self.id: partner})

    def _write_taxes(self, partner: str, rendered: Rendered) -> None:
        """Change, add and take away: a partner has one number of a category.

        Numbers of categories that are not ours stay.
        """
        wanted = f"{self.id} eq {self.odata.literal(partner)}"
        pages = self.odata.query(TAX_NUMBERS, filter=wanted)
        rows = ((str(row["BPTaxType"]), row) for page in pages for row in page)
        there = {category: row for category, row in rows if self._is_ours(category)}
        taxes = self._taxes(rendered)
        for category in sorted(there.keys() | taxes.keys()):
            key = {self.id: partner, "BPTaxType": category}
            number = taxes[category].values["BPTaxNumber"] if category in taxes else None
            if number is None:
                self.odata.delete(TAX_NUMBERS, key)
            elif category not in there:
                self.odata.create(TAX_NUMBERS, {**key, "BPTaxNumber": number})
            elif there[category]["BPTaxNumber"] != number:
                self.odata.update(TAX_NUMBERS, key, {"BPTaxNumber": number})

    def _is_ours(self, category: str) -> bool:
        return bodies.is_ours(category, self.settings["tax_categories"])

    def _taxes(self, rendered: Rendered) -> dict[str, Any]:
        return {element.values["BPTaxType"]: element for element in rendered.elements}

    # Reading

    def since(self, moment: datetime | None) -> str:
        """Changed on or after the day; what was never changed has only its day of creation."""
        if moment is None:
            return ONLY
        day = self.odata.literal(moment.astimezone(UTC).date())
        return f"{ONLY} and (LastChangeDate ge {day} or CreationDate ge {day})"

    def changed_at(self, row: Row) -> datetime | None:
        """By the two fields of a change."""
        return bodies.changed_at(row)

    def inward(self, row: Row) -> dict[str, Any]:
        """With the addresses by role."""
        return bodies.inward(row)

    def compared(self, row: Row) -> dict[str, Any]:
        """Without the tax numbers that we do not write."""
        seen = self.inward(row)
        taxes = [tax for tax in seen[TAX_IN_PARTNER] if self._is_ours(tax["category"])]
        return {**seen, TAX_IN_PARTNER: taxes}
