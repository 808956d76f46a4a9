"""Certinia PSA: professional services on Salesforce, the same connector with other objects.

A rate card is one record a rate, and a billing schedule one milestone an item: neither has a
record above it, so that our code stands in the keys of the elements alone.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sync.connectors.forms import CODE, CURRENCY, DATE, EMAIL, NUMBER, PHONE, looked_up, money
from sync.connectors.profile import Child, Field, Object, Profile, back, out
from sync.connectors.salesforce.connector import Salesforce
from sync.connectors.salesforce.objects import (
    ACCOUNT,
    CODE_OF_CURRENCY,
    CONTRACT,
    EMPLOYED,
    ID,
    KEY,
    SETTINGS,
    STAMP,
    TODAY,
    WORDS,
)

IN_USE: Final = looked_up({
    "in_progress": True, "completed": False, "planned": True, "won": True, "on_hold": True,
    "lead": True, "proposal": True, "closed": False, "lost": False, "cancelled": False,
})  # fmt: skip

RESOURCE: Final = Object(
    "resource",
    "Contact",
    (
        Field("FirstName", "given_name"),
        Field("LastName", "family_name", required=True, otherwise=("display_name",)),
        back("Name", "display_name"),
        Field("Email", "email", EMAIL),
        Field("Phone", "phone", PHONE),
        Field("Title", "job_title"),
        Field("Department", "department"),
        Field("pse__Is_Resource_Active__c", "employment_status", EMPLOYED),
        Field("pse__Default_Cost_Rate__c", "cost_rate.amount", NUMBER),
        Field("pse__ERP_Worker_Correlation_Id__c", "worker_id"),
    ),
    id="Id",
    key=KEY,
    modified=STAMP,
    deleted="IsDeleted",
    constants={"pse__Is_Resource__c": True},
    inactive={"pse__Is_Resource_Active__c": False},
    rules=({"to": "resource_type", "constant": "employee"},),
)
PROJECT: Final = Object(
    "engagement",
    "pse__Proj__c",
    (
        Field("Name", "name", required=True),
        Field("pse__Account__c", "client", ID),
        Field("pse__Stage__c", "engagement_stage", CODE),
        out("pse__Is_Active__c", "engagement_stage", IN_USE),
        Field("pse__Start_Date__c", "planned_start", DATE, otherwise=("actual_start",)),
        Field("pse__End_Date__c", "planned_end", DATE, otherwise=("actual_end",)),
        Field("pse__Project_Manager__c", "manager", ID),
        Field("pse__Billing_Type__c", "billing_method", CODE),
        Field("pse__Planned_Hours__c", "hours_budget", NUMBER),
        Field("pse__Bookings__c", "fee_budget", money(CODE_OF_CURRENCY)),
        out(CODE_OF_CURRENCY, "currency", CURRENCY),
        back(CODE_OF_CURRENCY, "currency", CURRENCY),
    ),
    id="Id",
    key=KEY,
    modified=STAMP,
    deleted="IsDeleted",
    inactive={"pse__Is_Active__c": False},
)
RATES: Final = Object(
    "rate_card",
    "",
    (),
    children=(
        Child(
            "lines",
            "pse__Rate_Card__c",
            "line_no",
            (
                Field("pse__Role__c", "billing_role", CODE, otherwise=("service_code",),
                      required=True),
                Field("pse__Suggested_Bill_Rate__c", "bill_rate", NUMBER, required=True),
                Field("pse__Average_Cost_Rate__c", "cost_rate", NUMBER, required=True),
                Field("pse__Start_Date__c", "effective_from", DATE,
                      otherwise=("record.effective_from",)),
                Field("pse__End_Date__c", "effective_to", DATE,
                      otherwise=("record.effective_to",)),
                out("pse__Account__c", "record.scope.client", ID),
                out(CODE_OF_CURRENCY, "record.currency", CURRENCY),
            ),
            inactive={"pse__End_Date__c": TODAY},
        ),
    ),
)  # fmt: skip
MILESTONES: Final = Object(
    "billing_schedule",
    "",
    (),
    children=(
        Child(
            "items",
            "pse__Milestone__c",
            "item_no",
            (
                Field("Name", "milestone_name", otherwise=("description", "record.name"),
                      required=True),
                out("pse__Project__c", "record.engagement", ID, required=True),
                Field("pse__Target_Date__c", "bill_date", DATE),
                Field("pse__Milestone_Amount__c", "amount", NUMBER),
                Field("pse__Actual_Date__c", "completed_on", DATE),
                Field("pse__Status__c", "item_status", CODE, default="Planned"),
                out(CODE_OF_CURRENCY, "record.currency", CURRENCY),
            ),
            inactive={"pse__Status__c": "Cancelled"},
        ),
    ),
)  # fmt: skip
CERTINIA: Final = Profile(
    "certinia",
    "Certinia PSA",
    {thing.entity: thing for thing in (ACCOUNT, RESOURCE, RATES, CONTRACT, PROJECT, MILESTONES)},
    SETTINGS,
    {
        "client_status": WORDS["client_status"],
        "contract_status": WORDS["contract_status"],
        "engagement_stage": {
            "lead": "Planned", "proposal": "Planned", "won": "Planned", "planned": "Planned",
            "in_progress": "In Progress", "on_hold": "On Hold", "completed": "Completed",
            "closed": "Closed", "lost": "Canceled", "cancelled": "Canceled",
        },
        "billing_method": {
            "time_and_materials": "Time and Materials", "fixed_price_milestone": "Fixed Price",
            "time_and_materials_capped": "Time and Materials",
            "fixed_price_interval": "Fixed Price",
        },
        "item_status": {
            "not_ready": "Planned", "ready_to_invoice": "Approved", "invoiced": "Closed",
            "invoice_drafted": "Approved", "on_hold": "On Hold", "cancelled": "Cancelled",
        },
    },
)  # fmt: skip


class Certinia(Salesforce):
    """One organisation with Certinia PSA."""

    profile: ClassVar[Profile] = CERTINIA
