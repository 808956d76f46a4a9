"""What our entities are in Dynamics 365 Finance: CustomersV3 and ProjectsV2.

Names follow the metadata of version 10.0.47.
"""

from __future__ import annotations

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
from sync.connectors.profile import Field, Object, Profile, out

COMPANY: Final = "dataAreaId"
#: The number of a record within its company, which with the company is its key.
NUMBERS: Final = {"CustomersV3": "CustomerAccount", "ProjectsV2": "ProjectId"}
#: The group that a new record must have, by the setting that names it.
GROUPS: Final = {
    "CustomersV3": ("CustomerGroupId", "customer_group"),
    "ProjectsV2": ("ProjectGroupId", "project_group"),
}
#: Fields that hold something always: they are changed, never emptied.
KEPT: Final = frozenset({"SalesCurrencyCode", "OnHoldStatus", "ProjectStage"})


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
        Field("ParentProjectId", "parent", REFERENCE),
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
    {thing.entity: thing for thing in (CUSTOMER, PROJECT)},
    SETTINGS,
    WORDS,
)
