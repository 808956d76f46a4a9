"""A worker as the field map reads it: what it cannot pick out of typed ids and repeated parts."""

from __future__ import annotations

import json
from typing import Any

from sync.connectors.workday.references import Record, at, ids, is_true, wid


def worker(row: Record) -> dict[str, Any]:
    """One worker of Get_Workers."""
    data: Record = row.get("Worker_Data") or {}
    known = ids(row.get("Worker_Reference"))
    job: Record = next((j for j in at(data, "Employment_Data", "Worker_Job_Data") or ()), {})
    position: Record = job.get("Position_Data") or {}
    above = next(iter(data.get("Management_Chain_Data") or ()), None)
    chain = at(above, "Worker_Supervisory_Management_Chain_Data", "Management_Chain_Data")
    managers = chain or [{}]
    address = at(position, "Business_Site_Summary_Data", "Address_Data") or [{}]
    profile = ids(at(position, "Job_Profile_Summary_Data", "Job_Profile_Reference"))
    status = _status(at(data, "Employment_Data", "Worker_Status_Data") or {})
    return {
        **row,
        "id": known.get("WID", ""),
        "descriptor": at(row, "Worker_Reference", "@Descriptor"),
        "kind": "contingent" if "Contingent_Worker_ID" in known else "employee",
        "status": status,
        "ended": status == "terminated",
        "work_email": _work_email(at(data, "Personal_Data", "Contact_Data") or {}),
        "position": position,
        "job_code": profile.get("Job_Profile_ID"),
        "organizations": _organizations(data),
        "country": ids(address[0].get("Country_Reference")).get("ISO_3166-1_Alpha-2_Code"),
        "manager_id": wid(managers[-1].get("Manager_Reference")),
    }


def _status(status: Record) -> str:
    if is_true(status.get("Terminated")):
        return "terminated"
    if is_true(at(status, "Leave_Status_Data", "On_Leave")):
        return "on_leave"
    return "active" if is_true(status.get("Active")) else "pre_hire"


def _work_email(contact: Record) -> str | None:
    """The address used at work, the primary one first."""
    rows = contact.get("Email_Address_Data") or ()
    work = [row for row in rows if "WORK" in json.dumps(row.get("Usage_Data") or "")]
    best: Record = next(iter(work or rows), {})
    return best.get("Email_Address")


def _organizations(data: Record) -> dict[str, str]:
    """What each kind of organisation is called: a cost centre and a company by their ids."""
    found: dict[str, str] = {}
    for row in at(data, "Organization_Data", "Worker_Organization_Data") or ():
        inner: Record = row.get("Organization_Data") or {}
        kind = ids(inner.get("Organization_Type_Reference")).get("Organization_Type_ID")
        named = "Organization_Name" if kind == "SUPERVISORY" else "Organization_Reference_ID"
        if kind and inner.get(named):
            found.setdefault(kind, inner[named])
    return found
