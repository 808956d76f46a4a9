"""Workday's workers, read by its Human Resources service. Workday is a source: nothing is written.

Pages of one reading all show the same moment (As_Of_Entry_DateTime), so that a change in between
moves no worker from one page to another. A cursor in the middle of a reading keeps that moment.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.utils import timezone

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import ProfileConnector, parts
from sync.connectors.forms import CODE, COUNTRY, DATE, EMAIL, NUMBER, PERCENT, REFERENCE
from sync.connectors.profile import Object, Profile, back
from sync.connectors.protocol import Capabilities, Held, Page
from sync.connectors.soap import Soap
from sync.inbound.arrivals import Item
from sync.models.connections import Connection

NAMESPACE: Final = "urn:com.workday/bsvc"
AT_ONCE: Final = 100
OVERLAP: Final = timedelta(minutes=2)
MANY: Final = frozenset({
    "Worker", "ID", "Worker_Job_Data", "Email_Address_Data", "Phone_Data", "Address_Data",
    "Worker_Organization_Data", "Management_Chain_Data", "National_ID", "Usage_Data", "Type_Data",
})  # fmt: skip
PERSON: Final = "Worker_Data.Personal_Data"
NAMES: Final = f"{PERSON}.Name_Data"
JOB: Final = "position"

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
    id="id",
)  # fmt: skip
WORKDAY: Final = Profile(
    "workday", "Workday", {"resource": WORKER}, {"version": "v26.1", "service": "Human_Resources"}
)
Record = Mapping[str, Any]


class Workday(ProfileConnector):
    """One tenant; the connection's address ends with it: .../ccx/service/acme."""

    profile: ClassVar[Profile] = WORKDAY
    capabilities: ClassVar[Capabilities] = Capabilities(frozenset(), reads=True, pulls=True)

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        service, version = self.settings["service"], self.settings["version"]
        url = f"{connection.url.rstrip('/')}/{service}/{version}"
        self._soap = Soap(url, NAMESPACE, self.login, client, MANY)

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """The workers of these ids, or all of them."""
        self.object_of(entity)
        moment = _text(timezone.now())
        if source_ids is None:
            for worker in self._all({}, moment):
                yield _held(worker)
            return
        yield from (_held(worker) for worker in self._of(source_ids, moment))

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The workers of these ids."""
        self.object_of(entity)
        yield from (_item(worker) for worker in self._of(source_ids, _text(timezone.now())))

    def _of(self, source_ids: Collection[str], moment: str) -> Iterator[Record]:
        for some in parts(source_ids, AT_ONCE):
            wanted = [{"ID": {"@type": "WID", "#": each}} for each in some]
            criteria = {"Request_References": {"Worker_Reference": wanted}}
            yield from self._all(criteria, moment)

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Workers by the transactions since the cursor, page by page of one moment."""
        self.object_of(entity)
        place = json.loads(cursor) if cursor else {}
        moment = place.get("as_of") or _text(timezone.now())
        since, page = place.get("since"), int(place.get("page", 1))
        while True:
            workers, pages = self._page(_updated(since, moment), moment, page)
            page += 1
            if page > pages:
                yield Page([_item(worker) for worker in workers], _since(moment))
                return
            following = {"since": since, "as_of": moment, "page": page}
            yield Page([_item(worker) for worker in workers], json.dumps(following))

    def _all(self, criteria: Record, moment: str) -> Iterator[Record]:
        page, pages = 1, 1
        while page <= pages:
            workers, pages = self._page(criteria, moment, page)
            yield from workers
            page += 1

    def _page(self, criteria: Record, moment: str, page: int) -> tuple[list[Record], int]:
        """One page of workers, and how many pages there are."""
        message = {
            "@version": self.settings["version"],
            **criteria,
            "Response_Filter": {"As_Of_Entry_DateTime": moment, "Page": page, "Count": AT_ONCE},
            "Response_Group": {
                "Include_Reference": True,
                "Include_Personal_Information": True,
                "Include_Employment_Information": True,
                "Include_Organizations": True,
                "Include_Management_Chain_Data": True,
            },
        }
        answer = self._soap.call("Get_Workers_Request", message)
        pages = int(_at(answer, "Response_Results", "Total_Pages") or 1)
        return [flat(worker) for worker in _at(answer, "Response_Data", "Worker") or ()], pages


def flat(worker: Record) -> dict[str, Any]:
    """A worker with what a mapping cannot pick out of typed ids and repeated parts."""
    data: Record = worker.get("Worker_Data") or {}
    ids = _ids(worker.get("Worker_Reference"))
    job: Record = next((j for j in _at(data, "Employment_Data", "Worker_Job_Data") or ()), {})
    position: Record = job.get("Position_Data") or {}
    above = next(iter(data.get("Management_Chain_Data") or ()), None)
    chain = _at(above, "Worker_Supervisory_Management_Chain_Data", "Management_Chain_Data")
    managers = chain or [{}]
    address = _at(position, "Business_Site_Summary_Data", "Address_Data") or [{}]
    profile = _ids(_at(position, "Job_Profile_Summary_Data", "Job_Profile_Reference"))
    return {
        **worker,
        "id": ids.get("WID", ""),
        "descriptor": _at(worker, "Worker_Reference", "@Descriptor"),
        "kind": "contingent" if "Contingent_Worker_ID" in ids else "employee",
        "status": _status(_at(data, "Employment_Data", "Worker_Status_Data") or {}),
        "work_email": _work_email(_at(data, "Personal_Data", "Contact_Data") or {}),
        "position": position,
        "job_code": profile.get("Job_Profile_ID"),
        "organizations": _organizations(data),
        "country": _ids(address[0].get("Country_Reference")).get("ISO_3166-1_Alpha-2_Code"),
        "manager_id": _ids(managers[-1].get("Manager_Reference")).get("WID"),
    }


def _status(status: Record) -> str:
    if _is(status.get("Terminated")):
        return "terminated"
    if _is(_at(status, "Leave_Status_Data", "On_Leave")):
        return "on_leave"
    return "active" if _is(status.get("Active")) else "pre_hire"


def _work_email(contact: Record) -> str | None:
    """The address used at work, the primary one first."""
    rows = contact.get("Email_Address_Data") or ()
    work = [row for row in rows if "WORK" in json.dumps(row.get("Usage_Data") or "")]
    best: Record = next(iter(work or rows), {})
    return best.get("Email_Address")


def _organizations(data: Record) -> dict[str, str]:
    """What each kind of organisation is called: a cost centre and a company by their ids."""
    found: dict[str, str] = {}
    for row in _at(data, "Organization_Data", "Worker_Organization_Data") or ():
        inner: Record = row.get("Organization_Data") or {}
        kind = _ids(inner.get("Organization_Type_Reference")).get("Organization_Type_ID")
        named = "Organization_Name" if kind == "SUPERVISORY" else "Organization_Reference_ID"
        if kind and inner.get(named):
            found.setdefault(kind, inner[named])
    return found


def _ids(reference: Any) -> dict[str, str]:
    """The ids of a reference by their type: a WID, and typed ones."""
    rows = reference.get("ID") or () if isinstance(reference, Mapping) else ()
    return {row["@type"]: row["#"] for row in rows if isinstance(row, Mapping) and "#" in row}


def _at(record: Any, *names: str) -> Any:
    for name in names:
        record = record.get(name) if isinstance(record, Mapping) else None
    return record


def _is(value: Any) -> bool:
    return str(value).lower() in ("1", "true")


def _item(worker: Record) -> Item:
    return Item(str(worker["id"]), dict(worker))


def _held(worker: Record) -> Held:
    return Held("resource", str(worker["id"]), values=profiles.held(WORKER, worker),
                active=worker["status"] != "terminated")  # fmt: skip


def _updated(since: str | None, through: str) -> dict[str, Any]:
    if since is None:
        return {}
    span = {"Updated_From": since, "Updated_Through": through}
    log = {"Transaction_Date_Range_Data": span}
    return {"Request_Criteria": {"Transaction_Log_Criteria_Data": log}}


def _since(moment: str) -> str:
    """The cursor for the next reading: the moment of this one, less what may come late."""
    return json.dumps({"since": _text(datetime.fromisoformat(moment) - OVERLAP)})


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
