"""An account of Kantata OX: groups, workspaces, milestones, users, references and events.

Records are answered in a map by id, in no order; only `results` keeps it. A page is smaller than
what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from tests.standins.server import SECRET, Call, Refusal, Reply, Standin, route

API: Final = "/api/v1"
PAGE: Final = 2
DAWN: Final = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS: Final = {
    "workspace_groups": {
        "name", "company", "contact_name", "email", "phone_number", "website", "address",
        "notes", "add_workspace_ids", "remove_workspace_ids",
    },
    "workspaces": {
        "title", "description", "creator_role", "status_key", "start_date", "due_date",
        "currency", "price_in_cents", "archived",
    },
    "billing_milestones": {"title", "amount_in_cents", "workspace_id", "date_to_invoice"},
}  # fmt: skip
NAMED: Final = {
    "workspace_groups": "name", "workspaces": "title", "billing_milestones": "title",
}  # fmt: skip
SUBJECTS: Final = {
    "WorkspaceGroup": "workspace_groups", "Workspace": "workspaces",
    "BillingMilestone": "billing_milestones",
}  # fmt: skip
WRITTEN: Final = "workspace_groups|workspaces|billing_milestones"
KIND: Final = rf"(?P<kind>{WRITTEN}|users|external_references|subscribed_events)"


class Kantata(Standin):
    """One account."""

    throttled: ClassVar[Reply] = Reply(
        429, {"errors": [{"type": "rate_limit", "message": "Too many requests"}]},
        {"Retry-After": "7"},
    )  # fmt: skip
    unauthorised: ClassVar[Reply] = Reply(
        401, {"errors": [{"type": "oauth", "message": "Invalid OAuth 2 Request"}]}
    )

    def __init__(self) -> None:
        super().__init__()
        self.now, self._made = DAWN, 4200

    # What its users do

    def change(self, kind: str, identity: str, **values: Any) -> None:
        """A user changes a record."""
        self.table(kind)[identity] |= {**values, "updated_at": self.tick()}

    def add(self, kind: str, **values: Any) -> str:
        """A record that somebody else made."""
        self._made += 1
        self.table(kind)[str(self._made)] = {
            "id": str(self._made), **values, "updated_at": self.tick(),
        }  # fmt: skip
        return str(self._made)

    def tick(self) -> str:
        self.now += timedelta(minutes=1)
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    # The interface

    @route("GET", f"{API}/{KIND}")
    def listed(self, call: Call) -> Reply:
        self._logged_in(call)
        kind = call.parts["kind"]
        rows = [row for row in self.table(kind).values() if self._meant(kind, row, call.query)]
        if call.query.get("order") == "updated_at:asc":
            rows.sort(key=lambda row: row["updated_at"])
        size = min(int(call.query.get("per_page", 20)), PAGE)
        start = (int(call.query.get("page", 1)) - 1) * size
        included = call.query.get("include", "")
        return Reply(200, self._answer_of(kind, rows[start : start + size], len(rows), included))

    @route("POST", f"{API}/(?P<kind>{WRITTEN})")
    def post(self, call: Call) -> Reply:
        self._logged_in(call)
        kind = call.parts["kind"]
        body = call.json[kind.removesuffix("s")]
        if not body.get(NAMED[kind]):
            raise _error("validation", f"{NAMED[kind]} can't be blank")
        if kind == "billing_milestones" and str(body.get("workspace_id")) not in self.table(
            "workspaces"
        ):
            raise _error("validation", "workspace not found")
        if kind == "workspaces" and body.get("creator_role") not in ("maven", "buyer"):
            raise _error("validation", "creator_role must be maven or buyer")
        record: dict[str, Any] = {}
        self._write(kind, record, body)
        self._made += 1
        record |= {"id": str(self._made)}
        self.table(kind)[record["id"]] = record
        return Reply(201, self._answer_of(kind, [record], 1, ""))

    @route("PUT", f"{API}/(?P<kind>{WRITTEN})/(?P<id>[^/]+)")
    def put(self, call: Call) -> Reply:
        self._logged_in(call)
        kind, identity = call.parts["kind"], call.parts["id"]
        if identity not in self.table(kind):
            raise _error("not_found", "Record not found", 404)
        record = self.table(kind)[identity]
        self._write(kind, record, call.json[kind.removesuffix("s")])
        return Reply(200, self._answer_of(kind, [record], 1, ""))

    @route("POST", f"{API}/external_references/create_or_update")
    def refer(self, call: Call) -> Reply:
        self._logged_in(call)
        body = call.json["external_reference"]
        needed = ("subject_type", "subject_id", "service_name", "service_model",
                  "service_model_ref")  # fmt: skip
        assert all(body.get(name) for name in needed)
        assert isinstance(body["subject_id"], int), "the id of a subject is a number here"
        if str(body["subject_id"]) not in self.table(SUBJECTS[body["subject_type"]]):
            raise _error("validation", "subject not found")
        same = ("subject_type", "subject_id", "service_name", "service_model")
        table = self.table("external_references")
        for row in table.values():
            if all(str(row[name]) == str(body[name]) for name in same):
                row |= {**body, "subject_id": str(body["subject_id"])}
                return Reply(200, self._answer_of("external_references", [row], 1, ""))
        self._made += 1
        row = {**body, "id": str(self._made), "subject_id": str(body["subject_id"])}
        table[row["id"]] = row
        return Reply(200, self._answer_of("external_references", [row], 1, ""))

    # The rules

    def _logged_in(self, call: Call) -> None:
        if call.headers.get("authorization") != f"Bearer {SECRET}":
            raise Refusal(self.unauthorised)

    def _meant(self, kind: str, row: Mapping[str, Any], query: Mapping[str, str]) -> bool:
        if "only" in query and row["id"] not in query["only"].split(","):
            return False
        if row.get("updated_at", "") < query.get("updated_after", ""):
            return False
        if row.get("created_at", "") < query.get("created_after", ""):
            return False
        if "search" in query and query["search"].lower() not in row[NAMED[kind]].lower():
            return False
        filters = ("subject_type", "service_name", "service_model", "service_model_ref",
                   "workspace_id")  # fmt: skip
        return all(str(row[name]) == query[name] for name in filters if name in query)

    def _answer_of(
        self, kind: str, rows: Iterable[dict[str, Any]], count: int, included: str
    ) -> dict[str, Any]:
        shown = [self._shown(kind, row) for row in rows]
        data: dict[str, Any] = {
            "count": count,
            "results": [{"key": kind, "id": row["id"]} for row in shown],
            kind: {row["id"]: row for row in reversed(shown)},
        }
        if "external_references" in included:
            data["external_references"] = dict(self.table("external_references"))
        if "workspace_groups" in included:
            data["workspace_groups"] = dict(self.table("workspace_groups"))
        return data

    def _shown(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        shown = dict(row)
        if kind in NAMED:
            shown["external_reference_ids"] = [
                each["id"] for each in self.table("external_references").values()
                if SUBJECTS[each["subject_type"]] == kind and each["subject_id"] == row["id"]
            ]  # fmt: skip
        if kind == "workspaces":
            groups = self.table("workspace_groups").items()
            shown["workspace_group_ids"] = [
                i for i, group in groups if row["id"] in group.get("workspace_ids", ())
            ]
            shown["status"] = {"key": shown.pop("status_key", 100), "message": "", "color": "grey"}
            shown["currency_base_unit"] = 1 if row.get("currency") == "JPY" else 100
        return shown

    def _write(self, kind: str, record: dict[str, Any], body: Mapping[str, Any]) -> None:
        unknown = body.keys() - FIELDS[kind]
        assert not unknown, f"{unknown} would be left out without a word"
        if kind == "workspace_groups":
            self._check_group(record, body)
        for name in ("price_in_cents", "amount_in_cents", "workspace_id"):
            if not isinstance(body.get(name) or 0, int):
                raise _error("validation", f"{name} must be an integer")
        if record.get("invoice_ids"):
            raise _error("validation", "an invoiced milestone cannot be edited")
        rest = dict(body)
        ids = set(record.get("workspace_ids", ()))
        ids |= {str(i) for i in rest.pop("add_workspace_ids", ())}
        ids -= {str(i) for i in rest.pop("remove_workspace_ids", ())}
        record |= {**rest, "workspace_ids": sorted(ids), "updated_at": self.tick()}

    def _check_group(self, record: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        for other in self.table("workspace_groups").values():
            same = str(other["name"]).lower() == str(body.get("name")).lower()
            if same and other["id"] != record.get("id"):
                raise _error("validation", "Name has already been taken")
        email = body.get("email")
        if email and not re.fullmatch(r"[^@]+@[^@]+\.[^@]+", email):
            raise _error("validation", "Email is invalid")


def _error(kind: str, message: str, status: int = 422) -> Refusal:
    return Refusal(Reply(status, {"errors": [{"type": kind, "message": message}]}))
