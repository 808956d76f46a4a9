"""An engagement as Tryton's project: a work of type project, numbered by our code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from sync.connectors.faults import poison
from sync.connectors.profile import Rendered
from sync.connectors.tryton import tree
from sync.connectors.tryton.directory import Directory
from sync.connectors.tryton.records import Records
from sync.connectors.tryton.tree import Tree
from sync.outbound.content.envelope import Message

MODEL: Final = "project.work"
FIELDS: Final = (
    *(
        "number",
        "name",
        "type",
        "comment",
        "party",
        "parent",
        "list_price",
        "effort_duration",
        "progress",
    ),
    *("timesheet_available", "timesheet_start_date", "timesheet_end_date"),
    *("project_invoice_method", "status", "company", "company.party.name", "currency.code"),
    *("status.name", "status.progress", "_timestamp", "last_modified_at", "create_uid"),
)
HOUR: Final = timedelta(hours=1)
DONE: Final = "done"


def flat(work: Tree, user: int) -> dict[str, Any]:
    """The project as a flat record."""
    done = tree.inner(work, "status").get("progress") == 1
    effort, progress = work.get("effort_duration"), work.get("progress")
    company = tree.inner(work, "company")
    return {
        "id": str(work["id"]),
        "golden": tree.golden(work, "number", user),
        "modified": tree.modified([work]),
        "name": work["name"],
        "company": tree.inner(company, "party").get("name"),
        "client": _id(work["party"]),
        "parent": _id(work["parent"]),
        "stage": DONE if done else "open",
        "currency": tree.inner(work, "currency").get("code"),
        "fee": work["list_price"],
        "hours": None if effort is None else Decimal(effort / HOUR).quantize(Decimal("0.0001")),
        "progress": None if progress is None else Decimal(str(progress)),
        "time_entry": bool(work["timesheet_available"]),
        "start": tree.text(work.get("timesheet_start_date")),
        "end": tree.text(work.get("timesheet_end_date")),
        "invoice_method": work["project_invoice_method"],
    }


def _id(value: Any) -> str | None:
    return str(value) if value else None


def values(
    rendered: Rendered,
    work: Tree | None,
    names: Directory,
    company: int,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """What makes the project as wanted.

    A project that is done is done wholly: Tryton refuses that status below 100 percent. Days are
    kept on the timesheet, so only where time may be entered.
    """
    wanted = rendered.values
    done = wanted.get("stage") == DONE
    own: dict[str, Any] = {
        "name": wanted["name"],
        "company": company,
        "status": names.id("status", settings["done_status" if done else "open_status"]),
        "project_invoice_method": wanted.get("invoice_method") or "manual",
        "comment": tree.unended((work or {}).get("comment")),
    }
    for name, field in (("party", "client"), ("parent", "parent")):
        if field in wanted:
            own[name] = int(wanted[field]) if wanted[field] else None
    own |= _budget(wanted, names, company)
    own |= _progress(wanted, done)
    own |= _time(wanted)
    return tree.differing(own, work or {})


def _budget(wanted: Mapping[str, Any], names: Directory, company: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "fee" in wanted:
        found["list_price"] = tree.decimal(wanted["fee"])
        _check_currency(wanted, names, company)
    if "hours" in wanted:
        hours = tree.decimal(wanted["hours"])
        found["effort_duration"] = None if hours is None else float(hours) * HOUR
    return found


def _check_currency(wanted: Mapping[str, Any], names: Directory, company: int) -> None:
    """Tryton keeps the prices of a project in its company's currency and no other."""
    said = wanted.get("currency")
    if wanted["fee"] is None or not said:
        return
    if (kept := names.currency_of(company)) != said:
        raise poison(f"the fee budget is in {said}, and {wanted['company']} keeps books in {kept}")


def _progress(wanted: Mapping[str, Any], done: bool) -> dict[str, Any]:
    if done:
        return {"progress": 1.0}
    if "progress" not in wanted:
        return {}
    progress = tree.decimal(wanted["progress"])
    return {"progress": None if progress is None else float(progress)}


def _time(wanted: Mapping[str, Any]) -> dict[str, Any]:
    if "time_entry" not in wanted:
        return {}
    if not wanted["time_entry"]:
        return {"timesheet_available": False}
    days = {"timesheet_start_date": "start", "timesheet_end_date": "end"}
    return {"timesheet_available": True} | {
        name: tree.day(wanted[said]) for name, said in days.items() if said in wanted
    }


def settle(rendered: Rendered) -> Rendered:
    """The engagement as a project can hold it."""
    values, attributes = dict(rendered.values), dict(rendered.attributes)
    if values.get("stage") == DONE and "progress" in values:
        values["progress"], attributes["percent_complete"] = Decimal(1), "1"
    if "time_entry" in values and not values["time_entry"]:
        for name, path in (("start", "planned_start"), ("end", "planned_end")):
            values.pop(name, None)
            attributes.pop(path, None)
        values["time_entry"] = attributes["time_entry_allowed"] = False
    return replace(rendered, values=values, attributes=attributes)


class Engagements(Records):
    """Projects."""

    model, fields = MODEL, FIELDS
    entity_path, remark = "delivering_entity", "comment"

    def domain(self) -> list[Any]:
        """Tasks are none."""
        return [["type", "=", "project"]]

    def flat(self, record: Tree) -> dict[str, Any]:
        """One project."""
        return flat(record, self.server.user)

    def settle(self, rendered: Rendered) -> Rendered:
        """What is done is done wholly; days are kept where time may be entered."""
        return settle(super().settle(rendered))

    def make(self, rendered: Rendered, message: Message) -> int:
        """Make the project."""
        said = values(rendered, None, self.names, self.company(rendered), self.settings)
        own = {"type": "project", "number": message.key}
        return self.add(self.model, {**said, **own}, company=said["company"])

    def change(self, held: Tree, rendered: Rendered, message: Message) -> None:
        """Write to a project."""
        said = values(rendered, held, self.names, self.company(rendered), self.settings)
        self.write(self.model, held, said, company=held["company"])

    def end(self, source_id: str, message: Message) -> None:
        """Tryton's projects are not deactivated; one that is no longer worked on is done."""
        held = self.one(source_id)
        done = self.names.id("status", self.settings["done_status"])
        gone = {"status": done, "progress": 1.0, "timesheet_available": False,
                "comment": tree.ended(held["comment"])}  # fmt: skip
        self.write(self.model, held, tree.differing(gone, held), company=held["company"])
