"""What the firm's systems send about one piece of work, each in its own shape."""

from __future__ import annotations

from typing import Any


def account(name: str, *, entity: str, currency: str, country: str, **more: Any) -> dict[str, Any]:
    """A client as the CRM has it."""
    return {
        "Name": name, "Type": "Customer - Direct", "CurrencyIsoCode": currency, "Entity__c": entity,
        "BillingStreet": "1 Long Street", "BillingCity": "Town", "BillingPostalCode": "10115",
        "BillingCountry": country, **more,
    }  # fmt: skip


def opportunity(name: str, account: str, **more: Any) -> dict[str, Any]:
    """A deal as the CRM has it."""
    return {
        "Name": name, "AccountId": account, "StageName": "Proposal/Price Quote",
        "Service_Line__c": "Audit", "Billing_Method__c": "Fixed Fee - Milestones",
        "CloseDate": "2026-03-01", "Probability": 60, **more,
    }  # fmt: skip


def agreement(number: str, name: str, account: str, amount: int, **more: Any) -> dict[str, Any]:
    """A contract as the CRM has it, with one line."""
    line = {"LineNumber": 10, "Description": name, "TotalPrice": amount,
            "Billing_Method__c": "Fixed Fee - Milestones"}  # fmt: skip
    return {
        "ContractNumber": number, "Reference__c": number, "Name": name, "AccountId": account,
        "Type__c": "Statement of Work", "Status": "Activated", "StartDate": "2026-03-15",
        "EndDate": "2026-12-31", "Total_Value__c": amount, "Payment_Terms__c": "Net 30",
        "Billing_Method__c": "Fixed Fee - Milestones", "Lines__r": {"records": [line]}, **more,
    }  # fmt: skip


def project(name: str, account: str, contract: str, amount: int, **more: Any) -> dict[str, Any]:
    """The delivery side as the PSA has it."""
    return {
        "Name": name, "pse__Account__c": account, "CRM_Contract_Id__c": contract,
        "pse__Stage__c": "In Progress", "pse__Start_Date__c": "2026-03-15",
        "pse__End_Date__c": "2026-12-31", "pse__Billing_Type__c": "Fixed Price",
        "pse__Bookings__c": amount, "pse__Planned_Hours__c": 400,
        "pse__Percent_Complete__c": 0.0, **more,
    }  # fmt: skip


def schedule(name: str, account: str, contract: str, project: str, **more: Any) -> dict[str, Any]:
    """The billing engine's schedule; `items` are (name, day, amount, status)."""
    items = [
        {"number": place, "name": what, "milestone": what, "trigger": "Milestone",
         "billingDate": day, "amount": str(amount), "status": status}
        for place, (what, day, amount, status) in enumerate(more.pop("items"), 1)
    ]  # fmt: skip
    return {
        "name": name, "accountId": account, "contractReference": contract,
        "projectReference": project, "method": "MILESTONE", "trigger": "Milestone",
        "billingPeriod": "CUSTOM", "billingTiming": "IN_ARREARS",
        "startDate": items[0]["billingDate"],
        "endDate": "2026-12-31", "paymentTerm": "NET30", "status": "Executing", "items": items,
        **more,
    }  # fmt: skip


def milestones(name: str, account: str, contract: str, project: str, **done: str) -> dict[str, Any]:
    """The PSA's milestone plan; `done` gives the day of each that is complete."""
    plan = [("Inception", "2026-04-15", 40_000), ("Report", "2026-09-15", 80_000)]
    records = [
        {"Name": what, "pse__Target_Date__c": day, "pse__Milestone_Amount__c": amount,
         "pse__Actual_Date__c": done.get(what)}
        for what, day, amount in plan
    ]  # fmt: skip
    return {
        "Name": name, "pse__Project__c": project, "pse__Account__c": account,
        "CRM_Contract_Id__c": contract, "CurrencyIsoCode": "EUR",
        "pse__Milestones__r": {"records": records},
    }  # fmt: skip


def accounts_elsewhere(name: str, currency: str, country: str) -> dict[str, dict[str, Any]]:
    """The same client as the PSA and the billing engine have it."""
    return {
        "psa": {"Name": name, "CurrencyIsoCode": currency, "BillingStreet": "1 Long Street",
                "BillingCity": "Town", "BillingPostalCode": "10115", "BillingCountry": country},
        "billing": {"name": name, "currency": currency, "address1": "1 Long Street",
                    "city": "Town", "postalCode": "10115", "country": country,
                    "paymentTerm": "NET30", "status": "ACTIVE"},
    }  # fmt: skip
