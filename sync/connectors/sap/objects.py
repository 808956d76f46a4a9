"""What a client is in SAP S/4HANA Cloud: a business partner that is an organisation.

Names follow the metadata of API_BUSINESS_PARTNER. `Name`, `ChangedAt` and the addresses by role are
what `bodies` makes of several fields and records of SAP.
"""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import COUNTRY, LINES, looked_up
from sync.connectors.profile import Field, Object, Profile, out

PARTNERS: Final = "A_BusinessPartner"
ADDRESSES: Final = "A_BusinessPartnerAddress"
IN_PARTNER: Final = "to_BusinessPartnerAddress"
#: Where an address says in our words what it is for: REGISTERED.
ROLE: Final = "AddressIDByExternalSystem"
ROLES: Final = ("registered", "billing", "shipping")
ORGANISATION: Final = "2"
BLOCKED: Final = looked_up({
    "active": False, "lead": False, "prospect": False, "on_hold": False,
    "inactive": True, "former": True, "blocked": True,
})  # fmt: skip


def _address(role: str) -> tuple[Field, ...]:
    base = f"addresses[role={role}]"
    return (
        Field(f"{role}.Lines", f"{base}.lines", LINES),
        Field(f"{role}.CityName", f"{base}.locality"),
        Field(f"{role}.Region", f"{base}.region"),
        Field(f"{role}.PostalCode", f"{base}.postal_code"),
        Field(f"{role}.Country", f"{base}.country", COUNTRY),
    )


PARTNER: Final = Object(
    "client",
    PARTNERS,
    (
        Field("Name", "legal_name", required=True, otherwise=("trading_name",)),
        out("BusinessPartnerIsBlocked", "client_status", BLOCKED),
        *(field for role in ROLES for field in _address(role)),
    ),
    key="BusinessPartnerIDByExtSystem",
    modified="ChangedAt",
    constants={"BusinessPartnerIsBlocked": False},
    first={"BusinessPartnerCategory": ORGANISATION},
    inactive={"BusinessPartnerIsBlocked": True},
    rules=({"to": "party_type", "constant": "organization"},),
)
SETTINGS: Final = {
    "grouping": "",  # the grouping of new partners, which gives them their numbers
    "roles": ["FLCU00", "FLCU01"],  # what a new partner may be: customer in accounting, in sales
}
S4HANA: Final = Profile("sap-s4hana", "SAP S/4HANA Cloud", {"client": PARTNER}, SETTINGS)
