"""A tenant of SAP S/4HANA Cloud: its business partners, their addresses and roles.

Bodies are checked against the metadata of API_BUSINESS_PARTNER: names, lengths, what may be
written when. Requests need CSRF tokens (see `odata`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Final
from xml.etree import ElementTree

from sync.connectors.odata import STAMP
from tests.standins.odata import ODataService
from tests.standins.openapi import SPECS
from tests.standins.server import Call, Reply

SAP: Final = "{http://www.sap.com/Protocols/SAPData}"
DAWN: Final = datetime(2026, 1, 1, 23, 50, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
PARTNERS, ADDRESSES, ROLES = (
    "A_BusinessPartner",
    "A_BusinessPartnerAddress",
    "A_BusinessPartnerRole",
)
DEEP: Final = {"to_BusinessPartnerAddress": ADDRESSES, "to_BusinessPartnerRole": ROLES}
KINDS: Final = {"Edm.String": str, "Edm.Boolean": bool}


@cache
def properties(name: str) -> dict[str, Mapping[str, str]]:
    """The properties of a set by name, with their attributes."""
    tree = ElementTree.parse(SPECS / "s4hana" / "business_partner.edmx")
    [kind] = [each for each in tree.getroot() if each.get("Name") == f"{name}Type"]
    return {each.attrib["Name"]: each.attrib for each in kind}


class S4Hana(ODataService):
    """One tenant."""

    version = 2
    sets = {
        PARTNERS: ("BusinessPartner",),
        ADDRESSES: ("BusinessPartner", "AddressID"),
        ROLES: ("BusinessPartner", "BusinessPartnerRole"),
    }
    throttled: ClassVar[Reply] = Reply(
        429,
        {"error": {"code": "429", "message": {"lang": "en", "value": "Too many requests"}}},
        {"Retry-After": "7"},
    )

    def __init__(self) -> None:
        super().__init__()
        self.now = DAWN

    def change(self, partner: str, **values: Any) -> None:
        """A user changes a business partner."""
        self.check(PARTNERS, values, new=False)
        self.table(PARTNERS)[partner] |= values | self.moment("LastChange")

    def moment(self, name: str) -> dict[str, str]:
        """The next moment in the two fields that SAP keeps it in."""
        self.now += timedelta(minutes=1)
        day = self.now.replace(hour=0, minute=0)
        stamp = int((day - EPOCH).total_seconds() * 1000)
        time = f"PT{self.now.hour:02}H{self.now.minute:02}M00S"
        return {f"{name}Date": f"/Date({stamp})/", f"{name}Time": time}

    def check(self, name: str, body: Mapping[str, Any], *, new: bool) -> None:
        known, doing = properties(name), f"{SAP}{'creatable' if new else 'updatable'}"
        for field, value in body.items():
            if new and field in DEEP:
                for row in value:
                    self.check(DEEP[field], row, new=True)
                continue
            if field not in known:
                raise self.error(400, "005056A509B11EE1", f"Property {field} is invalid")
            about = known[field]
            if about.get(doing) == "false" or not isinstance(value, KINDS[about["Type"]]):
                raise self.error(400, "CX_SADL", f"Property {field} cannot be written so")
            if isinstance(value, str) and len(value) > int(about["MaxLength"]):
                raise self.error(400, "CX_SADL", f"Property {field} is too long")
        needed = {PARTNERS: "BusinessPartnerCategory", ADDRESSES: "Country"}.get(name)
        if new and needed and not body.get(needed):
            raise self.error(400, "R11/124", f"Enter a value for {needed}")

    def numbered(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new record; a partner's parts are records of their own."""
        row = super().numbered(name, body)
        if name != PARTNERS:
            return row
        for field, part in DEEP.items():
            for inner in row.pop(field, []):
                self.add(part, {**inner, "BusinessPartner": row["BusinessPartner"]})
        never = {"LastChangeDate": None, "LastChangeTime": "PT00H00M00S"}
        return {"BusinessPartnerIsBlocked": False} | row | self.moment("Creation") | never

    def add(self, name: str, body: dict[str, Any]) -> None:
        """Keep a record that came inside another."""
        row = super().numbered(name, body)
        self.table(name)["|".join(row[field] for field in self.sets[name])] = {
            **row,
            "__version": 1,
        }

    def update(self, call: Call) -> Reply:
        reply = super().update(call)
        if call.parts["name"] == PARTNERS:
            self.row(call).update(self.moment("LastChange"))
        return reply

    update.__dict__["routes"] = ODataService.update.__dict__["routes"]

    def shown(self, name: str, row: Mapping[str, Any], call: Call) -> dict[str, Any]:
        """Addresses come along where they are asked for."""
        shown = super().shown(name, row, call)
        if name == PARTNERS:
            mine = [super(S4Hana, self).shown(ADDRESSES, each, call)
                    for each in self.table(ADDRESSES).values()
                    if each["BusinessPartner"] == row["BusinessPartner"]]  # fmt: skip
            asked = call.query.get("$expand") == "to_BusinessPartnerAddress"
            shown["to_BusinessPartnerAddress"] = (
                {"results": mine} if asked else {"__deferred": {"uri": "..."}}
            )
        return shown

    def holds(self, row: Mapping[str, Any], call: Call) -> bool:
        return super().holds({name: _plain(value) for name, value in row.items()}, call)


def _plain(value: Any) -> Any:
    match = STAMP.fullmatch(str(value))
    if match is None:
        return "" if value is None else value
    return (EPOCH + timedelta(milliseconds=int(match[1]))).strftime("%Y-%m-%dT%H:%M:%S")
