"""A tenant of SAP S/4HANA Cloud: business partners and their parts, projects, sales contracts.

Bodies are checked against metadata: names, lengths, what may be written when. Requests need CSRF
tokens (see `odata`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Final
from uuid import UUID
from xml.etree import ElementTree

from sync.connectors.odata import STAMP
from tests.standins.odata import ODataService
from tests.standins.openapi import SPECS
from tests.standins.server import Call, Reply, route

SAP: Final = "{http://www.sap.com/Protocols/SAPData}"
DAWN: Final = datetime(2026, 1, 1, 23, 50, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
PARTNERS, ADDRESSES, ROLES, TAXES = (
    "A_BusinessPartner",
    "A_BusinessPartnerAddress",
    "A_BusinessPartnerRole",
    "A_BusinessPartnerTaxNumber",
)
EMAILS, PHONES, SITES = (
    "A_AddressEmailAddress",
    "A_AddressPhoneNumber",
    "A_AddressHomePageURL",
)
PROJECTS, CONTRACTS = "A_EnterpriseProject", "A_SalesContract"
DEEP: Final = {
    "to_BusinessPartnerAddress": ADDRESSES,
    "to_BusinessPartnerTax": TAXES,
    "to_BusinessPartnerRole": ROLES,
}
REACHED: Final = {"to_EmailAddress": EMAILS, "to_PhoneNumber": PHONES, "to_URLAddress": SITES}
KINDS: Final[dict[str, Any]] = {"Edm.Boolean": bool, "Edm.Guid": str | None}
NEEDED: Final = {
    PARTNERS: ["BusinessPartnerCategory"],
    ADDRESSES: ["Country"],
    PROJECTS: ["Project", "ProjectDescription", "ProjectStartDate", "ProjectEndDate",
               "ProjectProfileCode"],
    CONTRACTS: ["SalesContractType", "SalesOrganization", "DistributionChannel",
                "OrganizationDivision", "SoldToParty"],
}  # fmt: skip
STAMPS: Final = {PROJECTS: "ProjectLastChangedDateTime", CONTRACTS: "LastChangeDateTime"}
STATUSES: Final = ("00", "10", "20")


@cache
def properties(name: str) -> dict[str, Mapping[str, str]]:
    """The properties of a set by name, with their attributes."""
    files = ("business_partner.edmx", "documents.edmx")
    roots = [ElementTree.parse(SPECS / "s4hana" / file).getroot() for file in files]
    [kind] = [each for root in roots for each in root if each.get("Name") == f"{name}Type"]
    return {each.attrib["Name"]: each.attrib for each in kind}


class S4Hana(ODataService):
    """One tenant."""

    version = 2
    sets = {
        PARTNERS: ("BusinessPartner",),
        ADDRESSES: ("BusinessPartner", "AddressID"),
        ROLES: ("BusinessPartner", "BusinessPartnerRole"),
        TAXES: ("BusinessPartner", "BPTaxType"),
        **dict.fromkeys(REACHED.values(), ("AddressID", "Person", "OrdinalNumber")),
        PROJECTS: ("ProjectUUID",),
        CONTRACTS: ("SalesContract",),
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
        known = properties(name)
        for field, value in body.items():
            if new and field in DEEP:
                for row in value:
                    self.check(DEEP[field], row, new=True)
            elif field not in known:
                raise self.error(400, "005056A509B11EE1", f"Property {field} is invalid")
            elif not _fits(known[field], value, new=new):
                raise self.error(400, "CX_SADL", f"Property {field} cannot be written so")
        for needed in NEEDED.get(name, ()) if new else ():
            if not body.get(needed):
                raise self.error(400, "R11/124", f"Enter a value for {needed}")
        if name == PROJECTS:
            self.check_project(body, new=new)

    def check_project(self, body: Mapping[str, Any], *, new: bool) -> None:
        """Its customer exists, and its number is its own."""
        customer = body.get("CustomerUUID")
        if customer and customer not in self.uuids():
            raise self.error(400, "PS/001", f"There is no business partner {customer}")
        taken = {row["Project"] for row in self.table(PROJECTS).values()}
        if new and body["Project"] in taken:
            raise self.error(400, "CJ/002", f"Project {body['Project']} exists already")

    def uuids(self) -> set[str]:
        """The business partners by UUID."""
        return {row["BusinessPartnerUUID"] for row in self.table(PARTNERS).values()}

    @route("POST", r".*/ChangeEntProjProcgStatus")
    def change_status(self, call: Call) -> Reply:
        """A project's status goes one way."""
        self.writable(call)
        uuid = call.query["ProjectUUID"].removeprefix("guid").strip("'")
        row, status = self.table(PROJECTS)[uuid], call.query["ProcessingStatus"].strip("'")
        if status not in STATUSES or status < row["ProcessingStatus"]:
            raise self.error(400, "PS/046", f"Status {status} cannot be set")
        row |= {"ProcessingStatus": status, "__version": row["__version"] + 1}
        row |= self.stamp(PROJECTS)
        return Reply(200, {"d": {"results": []}})

    def stamp(self, name: str) -> dict[str, str]:
        """The next moment as documents keep it."""
        self.now += timedelta(minutes=1)
        return {STAMPS[name]: f"/Date({int((self.now - EPOCH).total_seconds() * 1000)}+0000)/"}

    def numbered(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new record; a partner's parts are records of their own."""
        row = super().numbered(name, body)
        if name == PROJECTS:
            uuid = str(UUID(int=self._made))
            return {**row, "ProjectUUID": uuid, "ProcessingStatus": "00"} | self.stamp(name)
        if name == CONTRACTS:
            blank = {"TotalNetAmount": "0.00", "ContractManualCompletion": ""}
            return blank | row | self.stamp(name)
        if name != PARTNERS:
            return row
        row["BusinessPartnerUUID"] = str(UUID(int=self._made))
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
        name = call.parts["name"]
        if name == PARTNERS:
            self.row(call).update(self.moment("LastChange"))
        elif name in STAMPS:
            self.row(call).update(self.stamp(name))
        return reply

    update.__dict__["routes"] = ODataService.update.__dict__["routes"]

    def shown(self, name: str, row: Mapping[str, Any], call: Call) -> dict[str, Any]:
        """Parts come along where they are asked for."""
        shown = super().shown(name, row, call)
        if name == PARTNERS:
            self.expand(shown, DEEP, "BusinessPartner", "", call)
        elif name == ADDRESSES:
            self.expand(shown, REACHED, "AddressID", "to_BusinessPartnerAddress/", call)
        return shown

    def expand(
        self, shown: dict[str, Any], inner: Mapping[str, str], key: str, path: str, call: Call
    ) -> None:
        """Show parts by the key that they share with their record."""
        asked = call.query.get("$expand", "").split(",")
        for field, part in inner.items():
            mine = [self.shown(part, each, call) for each in self.table(part).values()
                    if each[key] == shown[key]]  # fmt: skip
            shown[field] = {"results": mine} if path + field in asked else {"__deferred": {}}

    def holds(self, row: Mapping[str, Any], call: Call) -> bool:
        return super().holds({name: _plain(value) for name, value in row.items()}, call)


def _fits(about: Mapping[str, str], value: Any, *, new: bool) -> bool:
    """Whether a property may be written now, with such a value."""
    kind = about["Type"]
    if about.get(f"{SAP}{'creatable' if new else 'updatable'}") == "false":
        return False
    if kind == "Edm.DateTime":
        return value is None or bool(STAMP.fullmatch(str(value)))
    if kind == "Edm.String":
        return isinstance(value, str) and len(value) <= int(about["MaxLength"])
    return isinstance(value, KINDS.get(kind, ()))


def _plain(value: Any) -> Any:
    match = STAMP.fullmatch(str(value))
    if match is None:
        return "" if value is None else value
    return (EPOCH + timedelta(milliseconds=int(match[1]))).strftime("%Y-%m-%dT%H:%M:%S")
