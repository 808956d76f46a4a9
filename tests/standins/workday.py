"""A Workday tenant: records as they stood at any moment, in pages, by the SOAP of its services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from xml.etree import ElementTree

from sync.connectors.soap import ENVELOPE, SECURITY, simple, write
from sync.connectors.workday.connector import NAMESPACE
from sync.connectors.workday.objects import MANY
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


#: What answers with which records, by service; only of workers a log of transactions is kept.
SERVICES: Final = {
    "Human_Resources": {"Get_Workers": "Worker"},
    "Revenue_Management": {
        "Get_Customers": "Customer",
        "Get_Customer_Contracts": "Customer_Contract",
        "Get_Billing_Schedules": "Billing_Schedule",
    },
    "Resource_Management": {"Get_Projects": "Project"},
}


class Workday(Standin):
    """One tenant; a record's states are kept with the moment they were entered."""

    throttled: ClassVar[Reply] = Reply(429, b"", {"Retry-After": "3"})

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, dict[str, list[tuple[datetime, dict[str, Any]]]]] = {}

    def enter(self, wid: str, hours_ago: float, /, element: str = "Worker", **facts: Any) -> None:
        """A state of a record, entered so many hours ago (or ahead, if negative)."""
        at = datetime.now(UTC) - timedelta(hours=hours_ago)
        states = self.states.setdefault(element, {}).setdefault(wid, [])
        states.append((at, facts))
        states.sort(key=lambda state: state[0])

    @route("POST", "/ccx/service/acme/(?P<service>[A-Za-z_]+)/v[0-9.]+")
    def service(self, call: Call) -> Reply:
        envelope = ElementTree.fromstring(call.body)
        self._let_in(envelope)
        body = envelope.find(f"{{{ENVELOPE}}}Body")
        assert body is not None
        name = body[0].tag.rpartition("}")[2].removesuffix("_Request")
        element = SERVICES.get(call.parts["service"], {}).get(name)
        if element is None:
            raise Refusal(fault("Client.validationError", f"Invalid request: {name}"))
        return self._get(name, element, simple(body[0], MANY))

    def _let_in(self, envelope: ElementTree.Element) -> None:
        name = envelope.findtext(f".//{{{SECURITY}}}Username")
        word = envelope.findtext(f".//{{{SECURITY}}}Password")
        if (name, word) != (USER, SECRET):
            raise Refusal(fault("Client.authenticationError", "invalid username or password"))

    def _get(self, name: str, element: str, request: Mapping[str, Any]) -> Reply:
        shown = request["Response_Filter"]
        as_of = datetime.fromisoformat(shown["As_Of_Entry_DateTime"])
        page, count = int(shown["Page"]), min(int(shown["Count"]), PAGE)
        row = self._worker if element == "Worker" else self._row
        standing = self._standing(element, request, as_of)
        found = [row(element, wid, facts) for wid, facts in standing]
        pages = max(1, -(-len(found) // count))
        if page > pages:
            raise Refusal(fault("Client.validationError", f"Page {page} of {pages}"))
        rows = found[(page - 1) * count : page * count]
        results = {"Total_Results": len(found), "Total_Pages": pages,
                   "Page_Results": len(rows), "Page": page}  # fmt: skip
        answer = {"@version": request["@version"], "Response_Results": results,
                  "Response_Data": {element: rows}}  # fmt: skip
        envelope = ElementTree.Element(f"{{{ENVELOPE}}}Envelope")
        body = ElementTree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
        write(body, NAMESPACE, f"{name}_Response", answer)
        return Reply(200, ElementTree.tostring(envelope), XML)

    def _standing(
        self, element: str, request: Mapping[str, Any], as_of: datetime
    ) -> list[tuple[str, dict[str, Any]]]:
        """What is asked for, as it stood at the moment."""
        asked = (request.get("Request_References") or {}).get(f"{element}_Reference")
        asked = asked if isinstance(asked, list) else [asked] if asked else None
        wanted = None if asked is None else {i["#"] for each in asked for i in each["ID"]}
        span = (request.get("Request_Criteria") or {}).get("Transaction_Log_Criteria_Data") or {}
        if span and element != "Worker":
            raise Refusal(fault("Client.validationError", "Transaction_Log_Criteria_Data"))
        dates = span.get("Transaction_Date_Range_Data")
        found = []
        for wid, states in sorted(self.states.get(element, {}).items()):
            known = [(at, facts) for at, facts in states if at <= as_of]
            if not known or (wanted is not None and wid not in wanted):
                continue
            if dates and not any(_within(at, dates) for at, _ in known):
                continue
            found.append((wid, known[-1][1]))
        return found

    @staticmethod
    def _row(element: str, wid: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {f"{element}_Reference": ids_of(WID=wid), **facts}

    @staticmethod
    def _worker(element: str, wid: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        kind = facts.get("kind", "Employee_ID")
        given, family = facts["name"].split()
        name = {"Name_Detail_Data": {"First_Name": given, "Last_Name": family}}
        boss = facts.get("boss")
        emails = [
            {"Email_Address": address, "Usage_Data": {"Type_Data": {"Type_Reference": ids_of(
                Communication_Usage_Type_ID=usage)}}}
            for usage, address in (("HOME", f"{given}@home.example"),
                                   ("WORK", f"{given}.{family}@firm.example".lower()))
        ]  # fmt: skip
        organizations = [
            {"Organization_Data": {"Organization_Reference_ID": reference,
                                   "Organization_Name": called,
                                   "Organization_Type_Reference": ids_of(Organization_Type_ID=of)}}
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
            "Job_Profile_Summary_Data": {"Job_Profile_Reference": ids_of(Job_Profile_ID="CONS-2")},
            "Business_Site_Summary_Data": {"Address_Data": {"Country_Reference": ids_of(**{
                "ISO_3166-1_Alpha-2_Code": "GB"})}},
        }  # fmt: skip
        chain = {"Management_Chain_Data": {"Manager_Reference": ids_of(WID=boss)}} if boss else None
        return {
            "Worker_Reference": {"@Descriptor": facts["name"],
                                 **ids_of(WID=wid, **{kind: facts["number"]})},
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


def ids_of(**ids: str) -> dict[str, Any]:
    """A reference by its ids."""
    return {"ID": [{"@type": kind, "#": value} for kind, value in ids.items()]}


def _within(at: datetime, dates: Mapping[str, str]) -> bool:
    first, last = (datetime.fromisoformat(dates[n]) for n in ("Updated_From", "Updated_Through"))
    return first <= at <= last
