"""Customers, contracts, projects and billing schedules as the field map reads them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from sync.connectors.workday.references import Record, at, code, currency, is_true, wid

ROLES: Final = {"BILLING": "billing", "SHIPPING": "shipping"}


def customer(row: Record) -> dict[str, Any]:
    """One customer of Get_Customers."""
    data: Record = row.get("Customer_Data") or {}
    contact = at(data, "Business_Entity_Data", "Contact_Data") or {}
    status = next(iter(data.get("Customer_Status_Data") or ()), None)
    return {
        **data,
        "id": wid(row.get("Customer_Reference")) or "",
        "currency": currency(data.get("Currency_Reference")),
        "credit_currency": currency(data.get("Credit_Limit_Currency_Reference")),
        "payment_terms": code(data.get("Payment_Terms_Reference")),
        "language": code(data.get("Customer_Preferred_Language_Reference")),
        "status": code(at(status, "Customer_Status_Value_Reference")),
        "email": _first(contact, "Email_Address_Data", "Email_Address"),
        "phone": _first(contact, "Phone_Data", "@E164_Formatted_Phone"),
        "website": _first(contact, "Web_Address_Data", "Web_Address"),
        "addresses": list(_addresses(contact)),
        "tax_numbers": [{"value": each.get("Tax_ID_Text"),
                         "type": code(each.get("Tax_ID_Type_Reference"))}
                        for each in data.get("Tax_ID_Data") or ()],
    }  # fmt: skip


def _first(contact: Record, name: str, part: str) -> Any:
    return next((row.get(part) for row in contact.get(name) or ()), None)


def _addresses(contact: Record) -> Iterator[dict[str, Any]]:
    for row in contact.get("Address_Data") or ():
        use = json.dumps(row.get("Usage_Data") or "")
        lines = (at(line, "#") or line for line in row.get("Address_Line_Data") or ())
        yield {
            "role": next((role for word, role in ROLES.items() if word in use), "registered"),
            "lines": "\n".join(str(line) for line in lines),
            "locality": row.get("Municipality"),
            "region": code(row.get("Country_Region_Reference")),
            "postal_code": row.get("Postal_Code"),
            "country": code(row.get("Country_Reference")),
        }


def contract(row: Record) -> dict[str, Any]:
    """One contract of Get_Customer_Contracts."""
    data: Record = row.get("Customer_Contract_Data") or {}
    return {
        **data,
        "id": wid(row.get("Customer_Contract_Reference")) or "",
        "client": wid(data.get("Sold_To_Customer_Reference")),
        "type": code(data.get("Customer_Contract_Type_Reference")),
        "company": code(data.get("Company_Reference")),
        "parent": wid(data.get("Master_Customer_Contract_Reference")),
        "currency": currency(data.get("Currency_Reference")),
        "payment_terms": code(data.get("Payment_Terms_Reference")),
        "status": "on_hold" if is_true(data.get("On_Hold")) else None,
        "lines": [{**line, "engagement": wid(line.get("Billable_Project_Reference"))}
                  for line in data.get("Customer_Contract_Line_Replacement_Data") or ()],
    }  # fmt: skip


def lines_of(row: Record) -> dict[str, str]:
    """The lines of a contract by their WIDs, and the contract they are in."""
    data: Record = row.get("Customer_Contract_Data") or {}
    lines = data.get("Customer_Contract_Line_Replacement_Data") or ()
    found = (wid(line.get("Receivable_Contract_Line_Reference")) for line in lines)
    mine = wid(row.get("Customer_Contract_Reference")) or ""
    return {line: mine for line in found if line}


def project(row: Record) -> dict[str, Any]:
    """One project of Get_Projects."""
    data: Record = row.get("Project_Data") or {}
    return {
        **data,
        "id": wid(row.get("Project_Reference")) or "",
        "ended": is_true(data.get("Inactive")),
        "client": wid(data.get("Customer_Reference")),
        "stage": code(data.get("Project_Status_Reference")),
        "owner": wid(data.get("Project_Owner_Reference")),
        "company": code(data.get("Company_Reference")),
        "currency": currency(data.get("Currency_Reference")),
        "billing": "non_billable" if data.get("Billable") and not is_true(data["Billable"])
        else None,
    }  # fmt: skip


def schedule(row: Record) -> dict[str, Any]:
    """One schedule of Get_Billing_Schedules; `line_ids` are those of the contract's lines."""
    data: Record = next(iter(row.get("Billing_Schedule_Data") or ()), {})
    held = "on_hold" if is_true(data.get("Schedule_On_Hold")) else None
    return {
        **data,
        "id": wid(row.get("Billing_Schedule_Reference")) or "",
        "line_ids": [wid(line) for line in data.get("Contract_Line_Reference") or ()],
        "client": wid(data.get("Bill-To_Customer_Reference")),
        "currency": currency(data.get("Currency_Reference")),
        "type": code(data.get("Billing_Type_Reference")),
        "frequency": code(data.get("Frequency_Reference")),
        "payment_terms": code(data.get("Payment_Terms_Reference")),
        "status": held or code(data.get("Schedule_Status_Reference")),
        "items": [_installment(each) for each in data.get("Billing_Installment_Data") or ()],
    }


def _installment(each: Record) -> dict[str, Any]:
    milestone = next(iter(each.get("Milestone_Reference") or ()), None)
    held = "on_hold" if is_true(each.get("On_Hold")) else None
    return {
        **each,
        "number": code(each.get("Billing_Installment_Reference"))
        or each.get("Billing_Installment_Reference_ID"),
        "milestone": at(milestone, "@Descriptor"),
        "status": held or code(each.get("Status_Reference")),
    }
