"""Projects and sales contracts: flat records that keep the moment of their last change.

A project refers to its customer by a partner's UUID, where a client's id here is its number. Its
processing status is changed by an action of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sync.connectors.forms import REFERENCE
from sync.connectors.odata import V2_DATE, OData, instant_of
from sync.connectors.profile import Object, Rendered
from sync.connectors.sap.kinds import Kind, Row
from sync.connectors.sap.objects import CUSTOMER, ONLY_NEW, PARTNERS, STAMPS, STATUS

PARTNER: Final = "BusinessPartner"
PARTNER_UUID: Final = "BusinessPartnerUUID"
SET_STATUS: Final = "ChangeEntProjProcgStatus"


class Documents(Kind):
    """Records with a field for our code."""

    def __init__(
        self, thing: Object, odata: OData, settings: Mapping[str, Any], key_field: str, first: str
    ) -> None:
        """`first` is the setting with the fields that every new record has."""
        super().__init__(thing, odata, settings)
        self.key_field, self._first = key_field, dict(settings[first])
        self._stamp = STAMPS[thing.name]

    def found(self, key: str) -> list[Row]:
        """By the field that keeps our code."""
        wanted = f"{self.key_field} eq {self.odata.literal(key)}"
        return [row for page in self.odata.query(self.thing.name, filter=wanted) for row in page]

    def create(self, rendered: Rendered, key: str) -> str:
        """Make it with the fields that every new one has, where ours say nothing else."""
        body = {**self._first, **self.outward(rendered.filled), self.key_field: key}
        return str(self.odata.create(self.thing.name, body)[self.id])

    def update(self, source_id: str, rendered: Rendered, key: str) -> None:
        """Write to a record."""
        body = {name: value for name, value in self.outward(rendered.values).items()
                if name not in ONLY_NEW}  # fmt: skip
        self.odata.update(self.thing.name, self.key(source_id), body)

    def end(self, source_id: str) -> None:
        """Complete it."""
        self.odata.update(self.thing.name, self.key(source_id), self.thing.inactive)

    def outward(self, values: Row) -> dict[str, Any]:
        """The fields of a write: nothing is empty text, but for days and references."""
        bare = {field.name for field in self.thing.fields if field.form in (V2_DATE, REFERENCE)}
        return {name: "" if value is None and name not in bare else value
                for name, value in values.items()}  # fmt: skip

    def since(self, moment: datetime | None) -> str:
        """By the moment of the last change."""
        return f"{self._stamp} ge {self.odata.literal(moment)}" if moment else ""

    def changed_at(self, row: Row) -> datetime | None:
        """By the moment of the last change."""
        return instant_of(row.get(self._stamp))

    def inward(self, row: Row) -> dict[str, Any]:
        """With the moment of its last change."""
        moment = self.changed_at(row)
        return {**row, "ChangedAt": moment.isoformat() if moment else None}


class Contracts(Documents):
    """Sales contracts, which SAP numbers."""

    id = "SalesContract"

    def update(self, source_id: str, rendered: Rendered, key: str) -> None:
        """Write to a contract, our code included."""
        coded = {**rendered.values, self.key_field: key}
        super().update(source_id, _with(rendered, coded), key)


class Projects(Documents):
    """Enterprise projects, whose number is our code for those that we make."""

    id = "ProjectUUID"

    def __init__(self, *given: Any, partners: OData) -> None:
        super().__init__(*given)
        self._partners = partners

    def key(self, source_id: str) -> dict[str, Any]:
        """By UUID."""
        return {self.id: UUID(source_id)}

    def rows(self, source_ids: Iterable[str]) -> Iterator[Row]:
        """The projects of these ids; what is no UUID is none's."""
        return super().rows(each for each in source_ids if is_uuid(each))

    def create(self, rendered: Rendered, key: str) -> str:
        """Make it, then set its status."""
        made = super().create(_with(rendered, _but(rendered.values, STATUS)), key)
        self._set_status(made, rendered.filled.get(STATUS))
        return made

    def update(self, source_id: str, rendered: Rendered, key: str) -> None:
        """Write to it, then set its status where that is another."""
        super().update(source_id, _with(rendered, _but(rendered.values, STATUS)), key)
        self._set_status(source_id, rendered.filled.get(STATUS))

    def end(self, source_id: str) -> None:
        """Complete it."""
        self._set_status(source_id, str(self.thing.inactive[STATUS]))

    def _set_status(self, source_id: str, status: str | None) -> None:
        row = self.odata.get(self.thing.name, self.key(source_id))
        if row is not None and status and row[STATUS] != status:
            self.odata.act(SET_STATUS, {**self.key(source_id), STATUS: status})

    def outward(self, values: Row) -> dict[str, Any]:
        """With the customer's UUID."""
        return _replaced(super().outward(values), self._uuid)

    def inward(self, row: Row) -> dict[str, Any]:
        """With the customer's number."""
        return _replaced(super().inward(row), self._number)

    def _uuid(self, number: str) -> str | None:
        row = self._partners.get(PARTNERS, {PARTNER: number}, select=PARTNER_UUID)
        return str(row[PARTNER_UUID]) if row else None

    def _number(self, uuid: str) -> str | None:
        wanted = f"{PARTNER_UUID} eq {self._partners.literal(UUID(uuid))}"
        row = self._partners.first(PARTNERS, filter=wanted)
        return str(row[PARTNER]) if row else None


def _replaced(values: Row, read: Callable[[str], str | None]) -> dict[str, Any]:
    customer = values.get(CUSTOMER)
    return {**values, CUSTOMER: read(str(customer))} if customer else dict(values)


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID."""
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _but(values: Row, name: str) -> dict[str, Any]:
    return {each: value for each, value in values.items() if each != name}


def _with(rendered: Rendered, values: dict[str, Any]) -> Rendered:
    return Rendered(values, rendered.attributes, rendered.missing, rendered.elements)
