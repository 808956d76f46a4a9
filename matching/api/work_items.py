"""The worklist over HTTP: what waits for a person, who works it, when, and what is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from canonical import writer
from canonical.access import Principal, stewards
from canonical.api import parameters
from canonical.api.contract import bodies
from canonical.api.contract.bodies import Member, Wrong, read_body
from canonical.api.contract.cursors import Page, known_parameters, page_limit, unseal
from canonical.api.contract.describe import Operation
from canonical.api.contract.problems import Problem, invalid
from canonical.api.contract.view import ContractView, once
from canonical.golden.cause import cause_of
from canonical.governance import work
from canonical.governance.work import ORDERS, Items, Wanted
from canonical.identity.errors import Conflict
from canonical.models import User, WorkItem, WorkKind
from canonical.validation import Fault, instant
from matching.api import work_descriptions as descriptions
from matching.api.outcomes import named

FILTERS: Final = ("kind", "entity", "system", "assignee", "late", "snoozed", "search", "order")
CONCERNS: Final = ("review", "subscription", "lane", "drift", "plan")


def show(item: WorkItem, now: datetime) -> dict[str, Any]:
    """An item as it is listed; `concerns` names what else of the hub it is about."""
    return {
        "id": item.pk,
        "url": f"/api/v1/work-items/{item.pk}",
        "kind": item.kind,
        "state": item.state,
        "title": item.title,
        "subject": item.subject,
        "reason": item.facts.get("reason"),
        "entity": item.entity or None,
        "golden": named(item.golden) if item.golden else None,
        "concerns": {name: str(item.facts[name]) for name in CONCERNS if item.facts.get(name)},
        "owner": item.owner,
        "assignee": item.assignee and item.assignee.get_username(),
        "value_at_risk": item.value_at_risk,
        "opened_at": item.opened_at,
        "due": item.due,
        "late": item.state == "open" and item.due is not None and item.due < now,
        "snoozed_until": item.snoozed_until if _sleeps(item, now) else None,
        "closes_by_hand": work.closes_by_hand(item),
        "closed_at": item.closed_at,
    }


def _sleeps(item: WorkItem, now: datetime) -> bool:
    return item.snoozed_until is not None and item.snoozed_until > now


class WorkItemList(ContractView):
    """`GET /api/v1/work-items`."""

    def get(self, request: Request) -> Response:
        query, now = request.query_params, writer.now()
        known_parameters(query, (*FILTERS, "limit", "cursor"))
        order = query.get("order") or work.MOSTLY
        if order not in ORDERS:
            raise invalid("order", "invalid_parameter", f"Expected one of {', '.join(ORDERS)}.")
        purpose = "work-items " + "&".join(f"{name}={query.get(name, '')}" for name in FILTERS)
        items, limit = work.wanted_items(_wanted(query, self.principal), now), page_limit(query)
        if cursor := query.get("cursor"):
            items = items.filter(work.behind(order, _position(unseal(cursor, purpose))))
        rows = work.in_order(items.select_related("golden", "assignee"), order)[: limit + 1]
        page = Page.of(rows, limit, purpose, _place)
        return Page([show(item, now) for item in page.results], page.next_cursor).response(request)

    def describe(self, method: str) -> Operation:
        return descriptions.ITEMS


def _wanted(query: Mapping[str, str], caller: Principal) -> Wanted:
    assignee = query.get("assignee", "")
    return Wanted(
        kinds=parameters.words(query, "kind", WorkKind.values),
        entity=parameters.entity(query) or "",
        system=query.get("system", ""),
        text=query.get("search", ""),
        late=parameters.flag(query, "late"),
        snoozed=parameters.flag(query, "snoozed"),
        assignee=None if assignee in ("", "none") else _person(assignee, caller),
        unassigned=assignee == "none",
    )


def _person(name: str, caller: Principal) -> int:
    """The person of a username, `me` for the one who asks."""
    named_so = User.objects.filter(username=name).values_list("pk", flat=True)
    key = caller.person if name == "me" else named_so.first()
    if key is None:
        detail = "A credential is no person." if name == "me" else "There is no such person."
        raise invalid("assignee", "invalid_parameter", detail)
    return key


def _place(item: WorkItem) -> list[Any]:
    due = item.due and item.due.isoformat()
    return [str(item.value_at_risk), due, item.opened_at.isoformat(), str(item.pk)]


def _position(told: list[Any]) -> dict[str, Any]:
    value, due, opened_at, id = told
    return {
        "value_at_risk": Decimal(value),
        "due": due and datetime.fromisoformat(due),
        "opened_at": datetime.fromisoformat(opened_at),
        "id": UUID(id),
    }


class WorkItemDetail(ContractView):
    """`GET /api/v1/work-items/{id}`."""

    def get(self, request: Request, id: UUID) -> Response:
        known_parameters(request.query_params, ())
        return Response(show(_found(id), writer.now()))

    def describe(self, method: str) -> Operation:
        return descriptions.ITEM


def _found(id: UUID) -> WorkItem:
    item = WorkItem.objects.select_related("golden", "assignee").filter(pk=id).first()
    if item is None:
        raise Problem("not-found", "There is no such work item.")
    return item


class WorkItemDeed(ContractView):
    """What is done with one open item; 409 for one that is done already."""

    scopes: ClassVar = {"POST": "steward"}
    members: ClassVar[Mapping[str, Member]]
    operation: ClassVar[Operation]

    @once
    def post(self, request: Request, id: UUID) -> Response:
        known_parameters(request.query_params, ())
        body = read_body(request.data, self.members)
        _found(id)
        if not self.done(WorkItem.objects.filter(pk=id), body):
            raise Conflict("The item is done already.")
        return Response(show(_found(id), writer.now()))

    def done(self, items: Items, body: Mapping[str, Any]) -> int:
        """Do it; how many open items there were, one or none."""
        raise NotImplementedError

    def describe(self, method: str) -> Operation:
        return self.operation


def _username(value: Any) -> str | None:
    return None if value is None else bodies.text(150, 1)(value)


class Assign(WorkItemDeed):
    """`POST /api/v1/work-items/{id}/assign`."""

    members: ClassVar = {"assignee": Member(_username, required=True)}
    operation: ClassVar = descriptions.ASSIGN

    def done(self, items: Items, body: Mapping[str, Any]) -> int:
        return work.assign(items, self._steward(body["assignee"]))

    def _steward(self, name: str | None) -> User | None:
        if name is None:
            return None
        wanted = {"pk": self.principal.person} if name == "me" else {"username": name}
        person = stewards().filter(**wanted).first()
        if person is None:
            detail = "There is no such steward."
            fault = Fault("/assignee", "unknown_person", detail)
            raise Problem("unprocessable", detail, errors=[fault])
        return person


def _until(value: Any) -> datetime | None:
    moment = None if value is None else instant(value)
    if moment is None and value is not None:
        detail = "Expected an instant such as 2026-01-31T09:30:00Z, or null."
        raise Wrong("not_an_instant", detail)
    return moment


class Snooze(WorkItemDeed):
    """`POST /api/v1/work-items/{id}/snooze`."""

    members: ClassVar = {
        "until": Member(_until, required=True),
        "reason": Member(bodies.text(), default=""),
    }
    operation: ClassVar = descriptions.SNOOZE

    def done(self, items: Items, body: Mapping[str, Any]) -> int:
        return work.snooze(items, body["until"], cause_of(self.principal, body["reason"]))


class Close(WorkItemDeed):
    """`POST /api/v1/work-items/{id}/close`."""

    members: ClassVar = {"reason": Member(bodies.text(shortest=1), required=True)}
    operation: ClassVar = descriptions.CLOSE

    def done(self, items: Items, body: Mapping[str, Any]) -> int:
        return work.close(items, cause_of(self.principal, body["reason"]))
