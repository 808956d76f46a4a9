"""What our entities are in Dynamics 365 Finance.

Customers, projects and workers follow the metadata of version 10.0.47; contracts are the
integration entity for project contracts, by its public definition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sync.connectors.forms import (
    CODE,
    COUNTRY_3,
    CURRENCY,
    DATE,
    EMAIL,
    LINES,
    NUMBER,
    PHONE,
    REFERENCE,
    URI,
)
from sync.connectors.profile import Field, Object, Profile, back, out

COMPANY: Final = "dataAreaId"
#: The number of a record within its company, which with the company is its key.
NUMBERS: Final = {
    "CustomersV3": "CustomerAccount",
    "ProjectsV2": "ProjectId",
    "CDSProjectContracts": "ProjectContractID",
    "EssWorkers": "PersonnelNumber",
}
#: Records of all companies: their number alone is their key.
SHARED: Final = frozenset({"EssWorkers"})
#: The customer in whose company a new record is made.
CUSTOMERS: Final = {
    "ProjectsV2": "CustomerAccountNumber",
    "CDSProjectContracts": "CustomerAccount",
}
#: The group that a new record must have, by the setting that names it.
GROUPS: Final = {
    "CustomersV3": ("CustomerGroupId", "customer_group"),
    "ProjectsV2": ("ProjectGroupId", "project_group"),
}
#: Fields that hold something always: they are changed, never emptied.
KEPT: Final = frozenset({"SalesCurrencyCode", "CurrencyCode", "OnHoldStatus", "ProjectStage"})
#: A worker, who is of no company.
WORKER: Final = replace(REFERENCE, name="worker")


def _address(name: str, role: str) -> tuple[Field, ...]:
    base = f"addresses[role={role}]"
    return (
        Field(f"{name}Street", f"{base}.lines", LINES),
        Field(f"{name}City", f"{base}.locality"),
        Field(f"{name}State", f"{base}.region"),
        Field(f"{name}ZipCode", f"{base}.postal_code"),
        Field(f"{name}CountryRegionId", f"{base}.country", COUNTRY_3),
    )


CUSTOMER: Final = Object(
    "client",
    "CustomersV3",
    (
        Field("OrganizationName", "legal_name", required=True, otherwise=("trading_name",)),
        out("OnHoldStatus", "client_status", CODE),
        Field("SalesCurrencyCode", "currency", CURRENCY),
        Field("PaymentTerms", "payment_terms.code", CODE),
        Field("PrimaryContactEmail", "email", EMAIL),
        Field("PrimaryContactPhone", "phone", PHONE),
        Field("PrimaryContactURL", "website", URI),
        *_address("Address", "registered"),
        *_address("InvoiceAddress", "billing"),
    ),
    constants={"OnHoldStatus": "No"},
    first={"PartyType": "Organization"},
    inactive={"OnHoldStatus": "All"},
    rules=({"to": "party_type", "constant": "organization"},),
)
PROJECT: Final = Object(
    "engagement",
    "ProjectsV2",
    (
        Field("ProjectName", "name", required=True),
        Field("CustomerAccountNumber", "client", REFERENCE, required=True),
        Field("ProjectContractId", "contracts[0]", REFERENCE),
        Field("ParentProjectId", "parent", REFERENCE),
        Field("ProjectManagerPersonnelNumber", "manager", WORKER),
        Field("ProjectStage", "engagement_stage", CODE),
        Field("ProjectedStartDate", "planned_start", DATE),
        Field("ProjectedEndDate", "planned_end", DATE),
        Field("ActualStartDate", "actual_start", DATE),
        Field("ActualEndDate", "actual_end", DATE),
        Field("TotalPlannedEffortInHours", "hours_budget", NUMBER),
    ),
    key="IntegrationSourceDataId",
    inactive={"ProjectStage": "Completed"},
)
CONTRACT: Final = Object(
    "contract",
    "CDSProjectContracts",
    (
        Field("Name", "title", required=True, otherwise=("contract_number",)),
        Field("CustomerAccount", "client", REFERENCE, required=True),
        Field("CurrencyCode", "currency", CURRENCY, required=True),
        Field("PaymentTerms", "payment_terms.code", CODE),
        Field("CustomerReference", "po_number"),
    ),
    key="SourceDataID",
)
RESOURCE: Final = Object(
    "resource",
    "EssWorkers",
    (
        back("PersonnelNumber", "worker_id"),
        back("FirstName", "given_name"),
        back("LastName", "family_name"),
        back("KnownAs", "preferred_name"),
        back("Name", "display_name"),
        back("AadUserPrincipalName", "user_name"),
        back("ProfessionalTitle", "job_title"),
    ),
    creates=False,
    rules=({"to": "resource_type", "constant": "employee"},),
)
WORDS: Final = {
    "client_status": {
        "active": "No", "lead": "No", "prospect": "No", "on_hold": "Invoice", "inactive": "All",
        "former": "All", "blocked": "All",
    },
    "engagement_stage": {
        "proposal": "Created", "lead": "Created", "planned": "Scheduled", "won": "Scheduled",
        "in_progress": "InProcess", "on_hold": "InProcess", "completed": "Completed",
        "closed": "Completed", "lost": "Completed", "cancelled": "Completed",
    },
}  # fmt: skip
SETTINGS: Final = {
    "company": "",  # the company (dataAreaId) where new customers are made
    "customer_group": "",  # the groups of new records
    "project_group": "",
}
DYNAMICS: Final = Profile(
    "dynamics365-finance",
    "Dynamics 365 Finance",
    {thing.entity: thing for thing in (CUSTOMER, RESOURCE, CONTRACT, PROJECT)},
    SETTINGS,
    WORDS,
)
