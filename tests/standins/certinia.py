"""An organisation of Salesforce with Certinia PSA installed."""

from __future__ import annotations

from typing import Final

from tests.standins.salesforce import Salesforce
from tests.standins.salesforce_objects import (
    DATES,
    FLAG,
    MONEY,
    OBJECTS,
    TEXT,
    Field,
    refers,
    words,
)

PSA: Final[dict[str, tuple[str, dict[str, Field]]]] = {
    **OBJECTS,
    "Contact": ("003", {
        **OBJECTS["Contact"][1], "Title": TEXT, "Department": TEXT, "pse__Is_Resource__c": FLAG,
        "pse__Is_Resource_Active__c": FLAG, "pse__Default_Cost_Rate__c": MONEY,
        "pse__ERP_Worker_Correlation_Id__c": TEXT,
    }),
    "pse__Proj__c": ("a0P", {
        "Name": Field(length=80, required=True), "pse__Account__c": refers("Account"),
        "pse__Stage__c": words("Planned", "In Progress", "On Hold", "Completed", "Closed",
                               "Canceled"),
        "pse__Is_Active__c": FLAG, "pse__Start_Date__c": DATES, "pse__End_Date__c": DATES,
        "pse__Project_Manager__c": refers("Contact"), "pse__Bookings__c": MONEY,
        "pse__Billing_Type__c": words("Time and Materials", "Fixed Price"),
        "pse__Planned_Hours__c": Field("double"),
    }),
    "pse__Rate_Card__c": ("a0R", {
        "pse__Role__c": TEXT, "pse__Suggested_Bill_Rate__c": Field("currency", required=True),
        "pse__Average_Cost_Rate__c": Field("currency", required=True), "pse__Start_Date__c": DATES,
        "pse__End_Date__c": DATES, "pse__Account__c": refers("Account"),
    }),
    "pse__Milestone__c": ("a0M", {
        "Name": Field(length=80, required=True),
        "pse__Project__c": refers("pse__Proj__c", required=True), "pse__Target_Date__c": DATES,
        "pse__Milestone_Amount__c": MONEY, "pse__Actual_Date__c": DATES,
        "pse__Status__c": words("Planned", "Approved", "On Hold", "Closed", "Cancelled"),
    }),
}  # fmt: skip


class Certinia(Salesforce):
    """One organisation."""

    objects = PSA
