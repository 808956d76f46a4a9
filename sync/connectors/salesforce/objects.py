"""What our entities are in Salesforce's own objects.

Each object needs a text field for our code: external id, unique, case-insensitive as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sync.connectors.forms import (
    CODE,
    COUNTRY_NAME,
    CURRENCY,
    DATE,
    EMAIL,
    INTEGER,
    LINES,
    NUMBER,
    PERCENT,
    PHONE,
    REFERENCE,
    URI,
    Form,
    looked_up,
    money,
    plain,
)
from sync.connectors.profile import Child, Field, Object, Profile, back, out

KEY: Final = "Golden_Id__c"
STAMP: Final = "SystemModstamp"
CODE_OF_CURRENCY: Final = "CurrencyIsoCode"
TODAY: Final = object()  # in what ends a record: the day it ended


def _same_id(value: object) -> object:
    """An id has 15 characters, or 18 with a check of its capitals: the first 15 name the record."""
    return str(value)[:15] if plain(value) is not None else None


ID: Final = replace(REFERENCE, same=_same_id)
LAST_NAME: Final = Form("text", lambda value, place, around: value and value.split()[-1])
FIRST_NAME: Final = Form("text", lambda value, place, around: " ".join(value.split()[:-1]) or None
                         if value else None)  # fmt: skip
ACTIVE: Final = looked_up({"active": True, "retired": False, "draft": False, "superseded": False})
EMPLOYED: Final = looked_up({"active": True, "on_leave": True, "terminated": False,
                             "pre_hire": False})  # fmt: skip


def _address(prefix: str, role: str) -> tuple[Field, ...]:
    base = f"addresses[role={role}]"
    return (
        Field(f"{prefix}Street", f"{base}.lines", LINES),
        Field(f"{prefix}City", f"{base}.locality"),
        Field(f"{prefix}State", f"{base}.region"),
        Field(f"{prefix}PostalCode", f"{base}.postal_code"),
        Field(f"{prefix}Country", f"{base}.country", COUNTRY_NAME),
    )


ACCOUNT: Final = Object(
    "client",
    "Account",
    (
        Field("Name", "legal_name", required=True, otherwise=("trading_name",)),
        Field("Type", "client_status", CODE),
        Field("DunsNumber", "duns"),
        Field("ParentId", "parent", ID),
        Field("OwnerId", "account_owner", ID),
        Field("Phone", "phone", PHONE),
        Field("Website", "website", URI),
        Field("Industry", "industry.code"),
        Field(CODE_OF_CURRENCY, "currency", CURRENCY),
        *_address("Billing", "billing"),
        *_address("Shipping", "shipping"),
    ),
    id="Id",
    key=KEY,
    modified=STAMP,
    deleted="IsDeleted",
    inactive={"Type": "Former Customer"},
    rules=({"to": "party_type", "constant": "organization"},),
    children=(
        Child(
            "contacts",
            "Contact",
            "email",
            (
                out("LastName", "name", LAST_NAME, required=True, otherwise=("email",)),
                out("FirstName", "name", FIRST_NAME),
                back("Name", "name"),
                Field("Email", "email", EMAIL),
                Field("Phone", "phone", PHONE),
            ),
            parent="AccountId",
            embedded="Contact",
        ),
    ),
)

OPPORTUNITY: Final = Object(
    "engagement",
    "Opportunity",
    (
        Field("Name", "name", required=True),
        Field("AccountId", "client", ID),
        Field("ContractId", "contracts[0]", ID),
        Field("StageName", "engagement_stage", CODE, required=True),
        Field("CloseDate", "expected_close", DATE, required=True,
              otherwise=("planned_start", "planned_end")),
        Field("Amount", "fee_budget", money(CODE_OF_CURRENCY)),
        out(CODE_OF_CURRENCY, "currency", CURRENCY, otherwise=("fee_budget.currency",)),
        back(CODE_OF_CURRENCY, "currency", CURRENCY),
        Field("Probability", "probability", PERCENT),
        Field("OwnerId", "partner", ID),
    ),
    id="Id",
    key=KEY,
    modified=STAMP,
    deleted="IsDeleted",
    inactive={"StageName": "Closed Lost"},
)  # fmt: skip

CONTRACT: Final = Object(
    "contract",
    "Contract",
    (
        out("AccountId", "client", ID, required=True),
        back("AccountId", "client", ID),
        Field("Name", "title"),
        back("ContractNumber", "contract_number"),
        Field("Status", "contract_status", CODE, required=True),
        Field("StartDate", "effective_from", DATE),
        Field("ContractTerm", "term_months", INTEGER),
        back("EndDate", "effective_to", DATE),
        Field("CompanySignedDate", "signed_by_us_on", DATE),
        Field("CustomerSignedDate", "signed_by_client_on", DATE),
        Field("OwnerExpirationNotice", "notice_days", INTEGER),
        Field(CODE_OF_CURRENCY, "currency", CURRENCY),
    ),
    id="Id",
    key=KEY,
    modified=STAMP,
    deleted="IsDeleted",
    first={"Status": "Draft"},
    inactive={"Status": "Terminated"},
)

USER: Final = Object(
    "resource",
    "User",
    (
        Field("FirstName", "given_name"),
        Field("LastName", "family_name", required=True, otherwise=("display_name",)),
        back("Name", "display_name"),
        back("Email", "email", EMAIL),
        back("Username", "user_name"),
        Field("EmployeeNumber", "worker_id"),
        Field("Title", "job_title"),
        Field("Department", "department"),
        Field("Division", "division"),
        Field("IsActive", "employment_status", EMPLOYED),
        back("TimeZoneSidKey", "time_zone"),
        Field("ManagerId", "manager", ID),
    ),
    id="Id",
    key=KEY,
    modified=STAMP,
    inactive={"IsActive": False},
    rules=({"to": "resource_type", "constant": "employee"},),
    creates=False,  # a new user takes a licence: that is for an administrator
)

PRICEBOOK: Final = Object(
    "rate_card",
    "Pricebook2",
    (
        Field("Name", "name", required=True),
        Field("IsActive", "rate_card_status", ACTIVE),
        Field("Description", "card_version"),
        Field("ValidFrom", "effective_from", DATE),
        Field("ValidTo", "effective_to", DATE),
    ),
    id="Id",
    key=KEY,
    modified=STAMP,
    deleted="IsDeleted",
    inactive={"IsActive": False},
    rules=(
        {"to": "rate_card_type", "constant": "standard"},
        {"to": "currency", "from": "PricebookEntry[0].CurrencyIsoCode",
         "transforms": [{"name": "currency"}]},
    ),
    children=(
        Child(
            "lines",
            "PricebookEntry",
            "line_no",
            (
                back("line_no", "line_no"),
                Field("Product2.ProductCode", "service_code", otherwise=("billing_role",),
                      required=True),
                Field("UnitPrice", "bill_rate", NUMBER, required=True),
                out(CODE_OF_CURRENCY, "record.currency", CURRENCY),
                back("Product2.QuantityUnitOfMeasure", "rate_unit", CODE),
            ),
            parent="Pricebook2Id",
            embedded="PricebookEntry",
            constants={"IsActive": True},
            inactive={"IsActive": False},
        ),
    ),
)  # fmt: skip

WORDS: Final = {
    "client_status": {
        "lead": "Prospect", "prospect": "Prospect", "active": "Customer - Direct",
        "on_hold": "Customer - Direct", "inactive": "Former Customer", "former": "Former Customer",
        "blocked": "Former Customer",
    },
    "engagement_stage": {
        "lead": "Prospecting", "proposal": "Proposal/Price Quote", "won": "Closed Won",
        "planned": "Closed Won", "in_progress": "Closed Won", "on_hold": "Closed Won",
        "completed": "Closed Won", "closed": "Closed Won", "lost": "Closed Lost",
        "cancelled": "Closed Lost",
    },
    "contract_status": {
        "draft": "Draft", "in_review": "In Approval Process", "signed": "Activated",
        "active": "Activated", "on_hold": "Activated", "completed": "Expired",
        "expired": "Expired", "terminated": "Terminated", "lost": "Terminated",
        "abandoned": "Terminated",
    },
    "rate_unit": {"HUR": "Hour", "DAY": "Day", "MON": "Month", "C62": "Each"},
}  # fmt: skip
SETTINGS: Final = {
    "api_version": "68.0",
    "key_field": KEY,
    "currency": "",  # of an organisation without multiple currencies
}
SALESFORCE: Final = Profile(
    "salesforce",
    "Salesforce",
    {thing.entity: thing for thing in (ACCOUNT, USER, PRICEBOOK, CONTRACT, OPPORTUNITY)},
    SETTINGS,
    WORDS,
)
