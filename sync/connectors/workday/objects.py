"""What our entities are in Workday, and the operation that reads each.

Names and order are those of the public reference of Human Resources, Revenue Management and
Resource Management. Words are the ids that people know (never WIDs), by the crosswalk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sync.connectors.forms import (
    CODE,
    COUNTRY,
    CURRENCY,
    DATE,
    EMAIL,
    INTEGER,
    LANGUAGE,
    LINES,
    NUMBER,
    PERCENT,
    PHONE,
    REFERENCE,
    URI,
    money,
)
from sync.connectors.profile import Child, Object, Profile, back
from sync.connectors.workday import revenue, workers
from sync.connectors.workday.references import Record

PERSON: Final = "Worker_Data.Personal_Data"
NAMES: Final = f"{PERSON}.Name_Data"
JOB: Final = "position"
#: Elements that are lists however many there are.
MANY: Final = frozenset({
    "Worker", "ID", "Worker_Job_Data", "Email_Address_Data", "Phone_Data", "Address_Data",
    "Worker_Organization_Data", "Management_Chain_Data", "National_ID", "Usage_Data", "Type_Data",
    "Customer", "Customer_Status_Data", "Tax_ID_Data", "Web_Address_Data", "Address_Line_Data",
    "Customer_Contract", "Customer_Contract_Line_Replacement_Data", "Project",
    "Billing_Schedule", "Billing_Schedule_Data", "Schedule_Status_Reference",
    "Contract_Line_Reference", "Billing_Installment_Data", "Milestone_Reference",
    "Status_Reference",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """How an entity is read: `name` of `service` answers with `element`s, each with a reference.

    `group` is what is to be included, everything where it says nothing; `logged` where a request
    may ask for the transactions of a time.
    """

    service: str
    name: str
    element: str
    flat: Callable[[Record], dict[str, Any]]
    group: tuple[str, ...] = ()
    logged: bool = False


OPERATIONS: Final = {
    "resource": Operation(
        "Human_Resources",
        "Get_Workers",
        "Worker",
        workers.worker,
        (
            "Include_Reference",
            "Include_Personal_Information",
            "Include_Employment_Information",
            "Include_Organizations",
            "Include_Management_Chain_Data",
        ),
        logged=True,
    ),
    "client": Operation(
        "Revenue_Management",
        "Get_Customers",
        "Customer",
        revenue.customer,
        ("Include_Reference", "Include_Customer_Data"),
    ),
    "contract": Operation(
        "Revenue_Management",
        "Get_Customer_Contracts",
        "Customer_Contract",
        revenue.contract,
        ("Include_Reference", "Include_Customer_Contract_Data"),
    ),
    "engagement": Operation("Resource_Management", "Get_Projects", "Project", revenue.project),
    "billing_schedule": Operation(
        "Revenue_Management", "Get_Billing_Schedules", "Billing_Schedule", revenue.schedule
    ),
}

WORKER: Final = Object(
    "resource",
    "Workers",
    (
        back("kind", "resource_type"),
        back("descriptor", "display_name"),
        back(f"{NAMES}.Legal_Name_Data.Name_Detail_Data.First_Name", "given_name"),
        back(f"{NAMES}.Legal_Name_Data.Name_Detail_Data.Last_Name", "family_name"),
        back(f"{NAMES}.Preferred_Name_Data.Name_Detail_Data.First_Name", "preferred_name"),
        back("Worker_Data.Worker_ID", "worker_id"),
        back("Worker_Data.User_ID", "user_name"),
        back("work_email", "email", EMAIL),
        back("status", "employment_status"),
        back("Worker_Data.Employment_Data.Worker_Status_Data.Hire_Date", "hired_on", DATE),
        back("Worker_Data.Employment_Data.Worker_Status_Data.Termination_Date", "terminated_on",
             DATE),
        back(f"{JOB}.Business_Title", "job_title"),
        back("job_code", "job_code"),
        back(f"{JOB}.Scheduled_Weekly_Hours", "weekly_hours", NUMBER),
        back(f"{JOB}.Full_Time_Equivalent_Percentage", "fte", PERCENT),
        back("organizations.SUPERVISORY", "department"),
        back("organizations.COST_CENTER", "cost_center", CODE),
        back("organizations.COMPANY", "employing_entity", CODE),
        back("country", "location.country", COUNTRY),
        back("manager_id", "manager", REFERENCE),
        back(f"{PERSON}.Birth_Date", "date_of_birth", DATE),
    ),
)  # fmt: skip
CUSTOMER: Final = Object(
    "client",
    "Customers",
    (
        back("Customer_Name", "legal_name"),
        back("DUNS_Number", "duns"),
        back("status", "client_status", CODE),
        back("currency", "currency", CURRENCY),
        back("Credit_Limit", "credit_limit", money("credit_currency")),
        back("payment_terms", "payment_terms.code", CODE),
        back("language", "language", LANGUAGE),
        back("email", "email", EMAIL),
        back("phone", "phone", PHONE),
        back("website", "website", URI),
    ),
    rules=({"to": "party_type", "constant": "organization"},),
    children=(
        Child(
            "addresses",
            "addresses",
            "role",
            (
                back("role", "role"),
                back("lines", "lines", LINES),
                back("locality", "locality"),
                back("region", "region"),
                back("postal_code", "postal_code"),
                back("country", "country", COUNTRY),
            ),
            embedded="addresses",
        ),
        Child(
            "tax_ids",
            "tax_numbers",
            "value",
            (back("type", "type"), back("value", "value")),
            embedded="tax_numbers",
        ),
    ),
)
CONTRACT: Final = Object(
    "contract",
    "Customer_Contracts",
    (
        back("Customer_Contract_Number", "contract_number"),
        back("Contract_Name", "title"),
        back("type", "contract_type", CODE),
        back("status", "contract_status"),
        back("client", "client", REFERENCE),
        back("company", "contracting_entity", CODE),
        back("parent", "parent", REFERENCE),
        back("Customer_Contract_Effective_Date", "effective_from", DATE),
        back("Contract_Signed_Date", "signed_by_client_on", DATE),
        back("currency", "currency", CURRENCY),
        back("Current_Contract_Amount", "total_value", money("currency")),
        back("payment_terms", "payment_terms.code", CODE),
        back("PO_Number", "po_number"),
    ),
    children=(
        Child(
            "lines",
            "lines",
            "line_no",
            (
                back("Line_Number", "line_no"),
                back("Contract_Line_Description", "description"),
                back("engagement", "engagement", REFERENCE),
                back("Quantity", "quantity", NUMBER),
                back("Unit_Cost", "unit_price", NUMBER),
                back("Extended_Amount", "amount", NUMBER),
            ),
            embedded="lines",
        ),
    ),
)
PROJECT: Final = Object(
    "engagement",
    "Projects",
    (
        back("Project_Name", "name"),
        back("client", "client", REFERENCE),
        back("stage", "engagement_stage", CODE),
        back("owner", "manager", REFERENCE),
        back("company", "delivering_entity", CODE),
        back("Start_Date", "planned_start", DATE),
        back("End_Date", "planned_end", DATE),
        back("currency", "currency", CURRENCY),
        back("billing", "billing_method"),
        back("Estimated_Revenue", "fee_budget", money("currency")),
        back("Estimated_Budget", "cost_budget", money("currency")),
        back("Overall_Percent_Complete", "percent_complete", PERCENT),
    ),
    deleted="ended",
)
SCHEDULE: Final = Object(
    "billing_schedule",
    "Billing_Schedules",
    (
        back("Schedule_Description", "name"),
        back("contract", "contract", REFERENCE),
        back("client", "bill_to_client", REFERENCE),
        back("currency", "currency", CURRENCY),
        back("type", "schedule_type", CODE),
        back("frequency", "recurrence.frequency", CODE),
        back("Number_of_Installments", "recurrence.occurrences", INTEGER),
        back("Day_of_Month", "recurrence.day_of_month", INTEGER),
        back("From_Date", "starts_on", DATE),
        back("To_Date", "ends_on", DATE),
        back("payment_terms", "payment_terms.code", CODE),
        back("PO_Number", "po_number"),
        back("status", "schedule_status", CODE),
    ),
    children=(
        Child(
            "items",
            "items",
            "item_no",
            (
                back("number", "item_no"),
                back("milestone", "milestone_name"),
                back("Invoice_Memo", "description"),
                back("Installment_Date", "bill_date", DATE),
                back("From_Date", "service_from", DATE),
                back("To_Date", "service_to", DATE),
                back("Total_Amount", "amount", NUMBER),
                back("status", "item_status", CODE),
            ),
            embedded="items",
        ),
    ),
)
WORDS: Final = {
    "schedule_status": {
        "draft": "DRAFT", "active": "APPROVED", "completed": "COMPLETE", "cancelled": "CANCELED",
        "on_hold": "on_hold",
    },
    "item_status": {"on_hold": "on_hold", "cancelled": "CANCELED"},
}  # fmt: skip
WORKDAY: Final = Profile(
    "workday",
    "Workday",
    {thing.entity: thing for thing in (CUSTOMER, WORKER, CONTRACT, PROJECT, SCHEDULE)},
    {"version": "v26.1"},
    WORDS,
)
