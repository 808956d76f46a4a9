"""What our entities are in Oracle Fusion: accounts, projects, contracts, and workers to read.

A client's id here is its party number; a contract names its party by another id (see `bodies`).
"""

from __future__ import annotations

from typing import Final

from sync.connectors.forms import CODE, CURRENCY, DATE, EMAIL, REFERENCE, URI, money
from sync.connectors.profile import Field, Object, Profile, back

STAMP: Final = "LastUpdateDate"
PARTY: Final = "PrimaryPartyId"
ACCOUNT: Final = Object(
    "client",
    "accounts",
    (
        Field("OrganizationName", "legal_name", required=True, otherwise=("trading_name",)),
        Field("DUNSNumber", "duns"),
        Field("EmailAddress", "email", EMAIL),
        Field("URL", "website", URI),
    ),
    id="PartyNumber",
    modified=STAMP,
    constants={"PartyStatus": "A"},
    inactive={"PartyStatus": "I"},
    rules=({"to": "party_type", "constant": "organization"},),
)
PROJECT: Final = Object(
    "engagement",
    "projects",
    (
        Field("ProjectName", "name", required=True),
        Field("ProjectStatusCode", "engagement_stage", CODE),
        Field("ProjectStartDate", "planned_start", DATE),
        Field("ProjectFinishDate", "planned_end", DATE),
        Field("ProjectCurrencyCode", "currency", CURRENCY),
    ),
    id="ProjectId",
    modified=STAMP,
    inactive={"ProjectStatusCode": "CLOSED"},
)
CONTRACT: Final = Object(
    "contract",
    "contracts",
    (
        Field("Cognomen", "title", required=True, otherwise=("contract_number",)),
        back("ContractNumber", "contract_number"),
        Field(PARTY, "client", REFERENCE, required=True),
        back("StsCode", "contract_status", CODE),
        Field("StartDate", "effective_from", DATE),
        Field("EndDate", "effective_to", DATE),
        Field("CurrencyCode", "currency", CURRENCY),
        Field("EstimatedAmount", "total_value", money("CurrencyCode")),
    ),
    id="ContractId",
    modified=STAMP,
    first={"BuyOrSell": "S"},
    inactive={"StsCode": "CANCELED"},
)
WORKER: Final = Object(
    "resource",
    "workers",
    (
        back("PersonNumber", "worker_id"),
        back("name.FirstName", "given_name"),
        back("name.LastName", "family_name"),
        back("name.DisplayName", "display_name"),
        back("email", "email", EMAIL),
        back("kind", "resource_type"),
        back("status", "employment_status"),
        back("relationship.StartDate", "hired_on", DATE),
        back("relationship.TerminationDate", "terminated_on", DATE),
        back("assignment.AssignmentName", "job_title"),
        back("assignment.JobCode", "job_code"),
        back("assignment.DepartmentName", "department"),
        back("DateOfBirth", "date_of_birth", DATE),
    ),
    id="PersonNumber",
    modified=STAMP,
    creates=False,
)
#: The field that has our code in records that we make, and where a resource begins.
NUMBERS: Final = {
    "accounts": "PartyNumber",
    "projects": "ProjectNumber",
    "contracts": "ContractNumber",
}
ROOTS: Final = {
    "accounts": "/crmRestApi/resources/11.13.18.05/accounts",
    "projects": "/fscmRestApi/resources/11.13.18.05/projects",
    "contracts": "/fscmRestApi/resources/11.13.18.05/contracts",
    "workers": "/hcmRestApi/resources/11.13.18.05/workers",
}
#: What a reading is limited to: of a contract the version that holds now.
ONLY: Final = {"contracts": "VersionType='C'"}
EXPANDED: Final = {"workers": "names,emails,workRelationships.assignments"}
SETTINGS: Final = {
    "organization": "",  # the name of the organisation that owns our projects
    "new_contract": {},  # fields of every new contract: OrgId, LegalEntityId, ContractTypeId
}
ORACLE: Final = Profile(
    "oracle",
    "Oracle Fusion",
    {thing.entity: thing for thing in (ACCOUNT, WORKER, CONTRACT, PROJECT)},
    SETTINGS,
    {
        "engagement_stage": {
            "lead": "DRAFT", "proposal": "DRAFT", "won": "SUBMITTED", "planned": "SUBMITTED",
            "in_progress": "ACTIVE", "on_hold": "ON_HOLD", "completed": "PENDING_CLOSE",
            "closed": "CLOSED", "lost": "REJECTED", "cancelled": "REJECTED",
        },
        "contract_status": {
            "draft": "DRAFT", "in_review": "PENDING_APPROVAL", "signed": "PENDING_SIGN",
            "active": "ACTIVE", "on_hold": "HOLD", "expired": "EXPIRED", "completed": "CLOSED",
            "terminated": "CLOSED", "lost": "CANCELED", "abandoned": "CANCELED",
        },
    },
)  # fmt: skip
