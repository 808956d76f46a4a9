"""A Workday tenant: workers as they stood at any moment, in pages, by the SOAP of its service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from xml.etree import ElementTree

from sync.connectors.soap import ENVELOPE, SECURITY, simple, write
from sync.connectors.workday import MANY, NAMESPACE
from tests.standins.server import SECRET, Call, Fault, Refusal, Reply, Standin, route

USER: Final = "ISU_Assay@acme"
PAGE: Final = 2
XML: Final = {"Content-Type": "text/xml;charset=UTF-8"}


def fault(code: str, text: str, status: int = 500) -> Reply:
    """A SOAP fault."""
    envelope = ElementTree.Element(f"{{{ENVELOPE}}}Envelope")
    body = ElementTree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    inner = ElementTree.SubElement(body, f"{{{ENVELOPE}}}Fault")
    ElementTree.SubElement(inner, "faultcode").text = f"SOAP-ENV:{code}"
    ElementTree.SubElement(inner, "faultstring").text = text
    return Reply(status, ElementTree.tostring(envelope), XML)


BUSY: Final = Fault("busy", fault("Server", "Processing error occurred. Try again later."))


class Workday(Standin):
    """One tenant; a worker's states are kept with the moment they were entered."""

    throttled: ClassVar[Reply] = Reply(429, b"", {"Retry-After": "3"})

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, list[tuple[datetime, dict[str, Any]]]] = {}

    def enter(self, wid: str, hours_ago: float, **facts: Any) -> None:
        """A state of a worker, entered so many hours ago (or ahead, if negative)."""
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        self.states.setdefault(wid, []).append((at, facts))
        self.states[wid].sort(key=lambda state: state[0])

    @route("POST", "/ccx/service/acme/Human_Resources/v[0-9.]+")
    def service(self, call: Call) -> Reply:
        envelope = ElementTree.fromstring(call.body)
        self._let_in(envelope)
        body = envelope.find(f"{{{ENVELOPE}}}Body")
        assert body is not None
        name = body[0].tag.rpartition("}")[2]
        if name != "Get_Workers_Request":
            raise Refusal(fault("Client.validationError", f"Invalid request: {name}"))
        return self._get_workers(simple(body[0], MANY))

    def _let_in(self, envelope: ElementTree.Element) -> None:
        name = envelope.findtext(f".//{{{SECURITY}}}Username")
        word = envelope.findtext(f".//{{{SECURITY}}}Password")
        if (name, word) != (USER, SECRET):
            raise Refusal(fault("Client.authenticationError", "invalid username or password"))

    def _get_workers(self, request: Mapping[str, Any]) -> Reply:
        shown = request["Response_Filter"]
        as_of = datetime.fromisoformat(shown["As_Of_Entry_DateTime"])
        page, count = int(shown["Page"]), min(int(shown["Count"]), PAGE)
        workers = [self._worker(wid, facts) for wid, facts in self._standing(request, as_of)]
        pages = max(1, -(-len(workers) // count))
        if page > pages:
            raise Refusal(fault("Client.validationError", f"Page {page} of {pages}"))
        rows = workers[(page - 1) * count : page * count]
        results = {"Total_Results": len(workers), "Total_Pages": pages,
                   "Page_Results": len(rows), "Page": page}  # fmt: skip
        answer = {"@version": request["@version"], "Response_Results": results,
                  "Response_Data": {"Worker": rows}}  # fmt: skip
        envelope = ElementTree.Element(f"{{{ENVELOPE}}}Envelope")
        body = ElementTree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
        write(body, NAMESPACE, "Get_Workers_Response", answer)
        return Reply(200, ElementTree.tostring(envelope), XML)

    def _standing(
        self, request: Mapping[str, Any], as_of: datetime
    ) -> list[tuple[str, dict[str, Any]]]:
        """Who is asked for, as it stood at the moment."""
        wanted = {
            each["#"]
            for each in (request.get("Request_References") or {}).get("Worker_Reference", {})
            .get("ID", [])
        } if request.get("Request_References") else None  # fmt: skip
        span = (request.get("Request_Criteria") or {}).get("Transaction_Log_Criteria_Data") or {}
        dates = span.get("Transaction_Date_Range_Data")
        found = []
        for wid, states in sorted(self.states.items()):
            known = [(at, facts) for at, facts in states if at <= as_of]
            if not known or (wanted is not None and wid not in wanted):
                continue
            if dates and not any(_within(at, dates) for at, _ in known):
                continue
            found.append((wid, known[-1][1]))
        return found

    @staticmethod
    def _worker(wid: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        kind = facts.get("kind", "Employee_ID")
        given, family = facts["name"].split()
        name = {"Name_Detail_Data": {"First_Name": given, "Last_Name": family}}
        boss = facts.get("boss")
        emails = [
            {"Email_Address": address, "Usage_Data": {"Type_Data": {"Type_Reference": _ids(
                Communication_Usage_Type_ID=usage)}}}
            for usage, address in (("HOME", f"{given}@home.example"),
                                   ("WORK", f"{given}.{family}@firm.example".lower()))
        ]  # fmt: skip
        organizations = [
            {"Organization_Data": {"Organization_Reference_ID": reference,
                                   "Organization_Name": called,
                                   "Organization_Type_Reference": _ids(Organization_Type_ID=of)}}
            for of, reference, called in (("SUPERVISORY", "SUP-1", "Advisory"),
                                          ("COST_CENTER", "CC-100", "Advisory costs"))
        ]  # fmt: skip
        ended = facts.get("ended")
        status = {"Active": not ended, "Hire_Date": "2020-02-01", "Terminated": bool(ended),
                  "Termination_Date": ended}  # fmt: skip
        position = {
            "Business_Title": facts.get("title", "Consultant"),
            "Scheduled_Weekly_Hours": 40,
            "Full_Time_Equivalent_Percentage": facts.get("fte", 100),
            "Job_Profile_Summary_Data": {"Job_Profile_Reference": _ids(Job_Profile_ID="CONS-2")},
            "Business_Site_Summary_Data": {"Address_Data": {"Country_Reference": _ids(**{
                "ISO_3166-1_Alpha-2_Code": "GB"})}},
        }  # fmt: skip
        chain = {"Management_Chain_Data": {"Manager_Reference": _ids(WID=boss)}} if boss else None
        return {
            "Worker_Reference": {"@Descriptor": facts["name"],
                                 **_ids(WID=wid, **{kind: facts["number"]})},
            "Worker_Data": {
                "Worker_ID": facts["number"],
                "User_ID": given.lower(),
                "Personal_Data": {"Name_Data": {"Legal_Name_Data": name},
                                  "Birth_Date": "1990-05-06",
                                  "Contact_Data": {"Email_Address_Data": emails}},
                "Employment_Data": {"Worker_Job_Data": {"Position_Data": position},
                                    "Worker_Status_Data": status},
                "Organization_Data": {"Worker_Organization_Data": organizations},
                "Management_Chain_Data": {"Worker_Supervisory_Management_Chain_Data": chain}
                if chain else None,
            },
        }  # fmt: skip


def _ids(**ids: str) -> dict[str, Any]:
    return {"ID": [{"@type": kind, "#": value} for kind, value in ids.items()]}


def _within(at: datetime, dates: Mapping[str, str]) -> bool:
    first, last = (datetime.fromisoformat(dates[n]) for n in ("Updated_From", "Updated_Through"))
    return first <= at <= last
