"""What our entities are in SAP S/4HANA Cloud, by the names of its metadata.

`Name`, `ChangedAt`, the addresses by role, `Email`, `Phone`, `Website` and a tax number's
`category` are what `bodies` makes of several fields and records of SAP; a client's id is the number
of its business partner.
"""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import (
    BOOLEAN,
    CODE,
    COUNTRY,
    CURRENCY,
    EMAIL,
    LINES,
    PHONE,
    REFERENCE,
    URI,
    looked_up,
    money,
)
from sync.connectors.odata import V2_DATE
from sync.connectors.profile import Child, Field, Object, Profile, back, out

PARTNERS: Final = "A_BusinessPartner"
ADDRESSES: Final = "A_BusinessPartnerAddress"
TAX_NUMBERS: Final = "A_BusinessPartnerTaxNumber"
PROJECTS: Final = "A_EnterpriseProject"
CONTRACTS: Final = "A_SalesContract"
IN_PARTNER: Final = "to_BusinessPartnerAddress"
TAX_IN_PARTNER: Final = "to_BusinessPartnerTax"
#: What reaches an organisation stands in its addresses: where, in which field, and which says that
#: it is the standard one.
REACHED: Final = {
    "Email": ("to_EmailAddress", "EmailAddress", "IsDefaultEmailAddress"),
    "Phone": ("to_PhoneNumber", "InternationalPhoneNumber", "IsDefaultPhoneNumber"),
    "Website": ("to_URLAddress", "WebsiteURL", "IsDefaultURLAddress"),
}
SERVICES: Final = {
    PARTNERS: "/sap/opu/odata/sap/API_BUSINESS_PARTNER",
    PROJECTS: "/sap/opu/odata/sap/API_ENTERPRISE_PROJECT_SRV;v=0002",
    CONTRACTS: "/sap/opu/odata/sap/API_SALES_CONTRACT_SRV",
}
#: Of a project: its customer by UUID, and what only an action changes.
CUSTOMER: Final = "CustomerUUID"
STATUS: Final = "ProcessingStatus"
#: Where a document keeps the moment of its last change.
STAMPS: Final = {PROJECTS: "ProjectLastChangedDateTime", CONTRACTS: "LastChangeDateTime"}
#: Fields that a record keeps as it was made with them.
ONLY_NEW: Final = frozenset({"SalesOrganization", "ProjectCurrency"})
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
        back("Email", "email", EMAIL),
        back("Phone", "phone", PHONE),
        back("Website", "website", URI),
    ),
    key="BusinessPartnerIDByExtSystem",
    modified="ChangedAt",
    constants={"BusinessPartnerIsBlocked": False},
    first={"BusinessPartnerCategory": ORGANISATION},
    inactive={"BusinessPartnerIsBlocked": True},
    rules=({"to": "party_type", "constant": "organization"},),
    children=(
        Child(
            "tax_ids",
            TAX_IN_PARTNER,
            "category",
            (
                out("BPTaxType", "category"),
                Field("BPTaxNumber", "value"),
                back("country", "country"),
                back("type", "type"),
            ),
            embedded=TAX_IN_PARTNER,
        ),
    ),
)
PROJECT: Final = Object(
    "engagement",
    PROJECTS,
    (
        Field("ProjectDescription", "name", required=True),
        Field(CUSTOMER, "client", REFERENCE),
        Field(
            "ProjectStartDate",
            "planned_start",
            V2_DATE,
            required=True,
            otherwise=("actual_start", "expected_close"),
        ),
        Field(
            "ProjectEndDate",
            "planned_end",
            V2_DATE,
            required=True,
            otherwise=("actual_end", "planned_start"),
        ),
        Field(STATUS, "engagement_stage", CODE),
        Field("CompanyCode", "delivering_entity", CODE),
        Field("ResponsibleCostCenter", "cost_center", CODE),
        Field("ProfitCenter", "profit_center", CODE),
        Field("ProjectCurrency", "currency", CURRENCY),
        Field("EntProjectIsConfidential", "confidential", BOOLEAN, default=False),
    ),
    key="Project",
    modified="ChangedAt",
    inactive={STATUS: "20"},
)
CONTRACT: Final = Object(
    "contract",
    CONTRACTS,
    (
        Field("SoldToParty", "client", REFERENCE, required=True),
        back("SalesContract", "contract_number"),
        Field("SalesOrganization", "contracting_entity", CODE),
        Field("PurchaseOrderByCustomer", "po_number"),
        Field("SalesContractValidityStartDate", "effective_from", V2_DATE),
        Field("SalesContractValidityEndDate", "effective_to", V2_DATE),
        Field("SalesContractSignedDate", "signed_by_client_on", V2_DATE),
        Field("CustomerPaymentTerms", "payment_terms.code", CODE),
        Field("TransactionCurrency", "currency", CURRENCY),
        back("TotalNetAmount", "total_value", money("TransactionCurrency")),
    ),
    modified="ChangedAt",
    constants={"ContractManualCompletion": ""},
    inactive={"ContractManualCompletion": "X"},
)  # fmt: skip
SETTINGS: Final = {
    "grouping": "",  # the grouping of new partners, which gives them their numbers
    "roles": ["FLCU00", "FLCU01"],  # what a new partner may be: customer in accounting, in sales
    "tax_categories": {},  # {"DE:tax_number": "DE1"}; a VAT number is `DE0` by itself
    "new_project": {"ProjectProfileCode": "YP03"},  # fields of every new project
    # fields of every new contract: type, and the area that sells
    "new_contract": {
        "SalesContractType": "CQ", "DistributionChannel": "10", "OrganizationDivision": "00",
    },
    "contract_key_field": "YY1_GoldenId_SDH",  # a field of ours on sales document headers
}  # fmt: skip
S4HANA: Final = Profile(
    "sap-s4hana",
    "SAP S/4HANA Cloud",
    {thing.entity: thing for thing in (PARTNER, CONTRACT, PROJECT)},
    SETTINGS,
    {
        "engagement_stage": {
            "lead": "00", "proposal": "00", "won": "00", "planned": "00", "in_progress": "10",
            "on_hold": "10", "completed": "20", "closed": "20", "lost": "20", "cancelled": "20",
        },
    },
)  # fmt: skip
