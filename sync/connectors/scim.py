"""People by SCIM 2.0 (RFC 7643, RFC 7644), the enterprise extension with them, both ways.

`externalId` keeps our code; a person who leaves is made inactive and never deleted. SCIM tells of
no deletions, so that a user who was deleted there stays as it last was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import Missing, RecordConnector
from sync.connectors.faults import Turned, said
from sync.connectors.forms import EMAIL, PHONE, REFERENCE, TEXT, Form, looked_up, plain
from sync.connectors.paths import nested
from sync.connectors.profile import Field, Object, Profile, Rendered, back, out
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Response, Rest, by_status, segment
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.answers.retry import Verdict
from sync.outbound.content.envelope import Message

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MEDIA_TYPE: Final = "application/scim+json"
AT_ONCE: Final = 100
OVERLAP: Final = timedelta(minutes=1)


def _listed(form: Form, kind: str) -> Form:
    """A value as the only one of a list: `[{value, type, primary}]`."""

    def first(values: Any) -> Any:
        rows = values if isinstance(values, list) else []
        primary = [row for row in rows if row.get("primary")] or rows
        return primary[0].get("value") if primary else None

    def write(value: Any, place: str, around: Any) -> Any:
        return [{"value": value, "type": kind, "primary": True}] if value else None

    return replace(form, out=write, same=lambda value: plain(
        first(value) if isinstance(value, list) else value))  # fmt: skip


PERSON: Final = Object(
    "resource",
    "Users",
    (
        Field("userName", "user_name", required=True, otherwise=("email",)),
        Field("name.givenName", "given_name"),
        Field("name.familyName", "family_name"),
        Field("displayName", "display_name"),
        Field("nickName", "preferred_name"),
        Field("title", "job_title"),
        Field("active", "employment_status", looked_up(
            {"active": True, "on_leave": True, "terminated": False, "pre_hire": False})),
        out("emails", "email", _listed(EMAIL, "work")),
        out("phoneNumbers", "phone", _listed(PHONE, "work")),
        Field("timezone", "time_zone"),
        Field("enterprise.employeeNumber", "worker_id"),
        Field("enterprise.costCenter", "cost_center"),
        Field("enterprise.organization", "organization"),
        Field("enterprise.division", "division"),
        Field("enterprise.department", "department"),
        out("enterprise.manager.value", "manager", REFERENCE),
        back("enterprise.manager.value", "manager", REFERENCE),
        out("userType", "resource_type", TEXT),
    ),
    key="externalId",
    modified="meta.lastModified",
    inactive={"active": False},
    rules=(
        {"to": "email", "from": "emails[?primary].value | [0] || emails[0].value",
         "transforms": [{"name": "trim"}, {"name": "lower"}]},
        {"to": "phone", "from": "phoneNumbers[0].value", "transforms": [{"name": "phone"}],
         "optional": True},
        {"to": "resource_type", "from": "userType || 'employee'", "transforms": [
            {"name": "lower"}, {"name": "lookup", "table": {
                "employee": "employee", "contractor": "contingent", "contingent": "contingent",
                "external": "contingent", "subcontractor": "subcontractor", "generic": "generic",
                "equipment": "equipment"}, "default": "employee"}]},
    ),
)  # fmt: skip
SCIM: Final = Profile("scim", "SCIM", {"resource": PERSON})


class Scim(RecordConnector):
    """One service provider; the connection's address ends where `/Users` begins."""

    profile: ClassVar[Profile] = SCIM
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.READ_BACK}), reads=True, pulls=True, erases=frozenset({"resource"})
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        headers = {"accept": MEDIA_TYPE, "content-type": MEDIA_TYPE}
        self._rest = Rest(connection.url, self.login, client, headers)

    def find(self, thing: Object, key: str) -> str | None:
        """The id of the user whose externalId is our code."""
        for page in self._pages(f'externalId eq "{key}"'):
            return str(page[0]["id"])
        return None

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """A new user. A name that is taken is nobody's to take over, and for a person to settle."""
        body = _outward(rendered.filled) | {"externalId": message.key}
        schemas = [USER, *([ENTERPRISE] if ENTERPRISE in body else [])]
        response = self._done(self._rest.call("POST", "/Users", {"schemas": schemas, **body}))
        return str(response.data["id"])

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Replace what has a value, remove what has none."""
        operations: list[dict[str, Any]] = [
            {"op": "replace", "value": _outward(rendered.filled) | {"externalId": message.key}}
        ]
        empty = [name for name, value in rendered.values.items() if value in (None, "")]
        operations += [{"op": "remove", "path": _path(name)} for name in empty]
        self._patch(source_id, operations)

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """The user may log in no more."""
        self._patch(source_id, [{"op": "replace", "value": dict(thing.inactive)}])

    def erase(self, thing: Object, source_id: str, message: Message) -> None:
        """The user is deleted (RFC 7644, 3.6): nothing else takes every attribute away."""
        self._done(self._rest.call("DELETE", f"/Users/{segment(source_id)}"))

    def _patch(self, source_id: str, operations: list[dict[str, Any]]) -> None:
        body = {"schemas": [PATCH], "Operations": operations}
        self._done(self._rest.call("PATCH", f"/Users/{segment(source_id)}", body))

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """The users of these ids, or all that carry our code."""
        thing = self.object_of(entity)
        if source_ids is None:
            for page in self._pages("externalId pr"):
                yield from (_held(thing, user) for user in page)
            return
        yield from (_held(thing, user) for user in self._users(source_ids))

    def _users(self, source_ids: Collection[str]) -> Iterator[dict[str, Any]]:
        for source_id in source_ids:
            response = self._rest.call("GET", f"/Users/{segment(source_id)}")
            if response.status != 404:
                yield _inward(self._done(response).data)

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The users of these ids."""
        for user in self._users(source_ids):
            yield Item(str(user["id"]), user)

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Users by the time of their last change; the last minute is read again."""
        latest = cursor
        for page in self._pages(f'meta.lastModified ge "{cursor}"' if cursor else ""):
            latest = max([latest, *(str(user["meta"]["lastModified"]) for user in page)])
            yield Page([Item(str(user["id"]), user) for user in page], cursor)
        if latest:
            moment = datetime.fromisoformat(latest) - OVERLAP
            yield Page([], moment.isoformat().replace("+00:00", "Z"))

    def _pages(self, condition: str) -> Iterator[list[dict[str, Any]]]:
        start = 1
        while True:
            query = {"startIndex": str(start), "count": str(AT_ONCE)}
            if condition:
                query["filter"] = condition
            data = self._done(self._rest.call("GET", "/Users", query=query)).data
            users = [_inward(user) for user in data.get("Resources") or ()]
            if users:
                yield users
            start += len(users)
            if not users or start > int(data.get("totalResults") or 0):
                return

    @staticmethod
    def _done(response: Response) -> Response:
        if response.ok:
            return response
        detail = response.data.get("detail") if isinstance(response.data, Mapping) else ""
        answer = by_status(response.answer, str(detail or ""))
        if response.status == 409:  # a uniqueness that no repeat will change
            answer = said(response.answer, Verdict.POISON, f"answered 409: {detail}")
        raise (Missing if response.status == 404 else Turned)(answer)


def _outward(values: Mapping[str, Any]) -> dict[str, Any]:
    body = nested(values)
    return {(ENTERPRISE if name == "enterprise" else name): value for name, value in body.items()}


def _inward(user: Mapping[str, Any]) -> dict[str, Any]:
    return {("enterprise" if name == ENTERPRISE else name): value for name, value in user.items()}


def _path(name: str) -> str:
    """A field as a PATCH names it."""
    if name.startswith("enterprise."):
        inner = name.removeprefix("enterprise.").removesuffix(".value")
        return f"{ENTERPRISE}:{inner}"
    return name


def _held(thing: Object, user: Mapping[str, Any]) -> Held:
    return Held(
        entity=thing.entity,
        source_id=str(user["id"]),
        key=str(user.get("externalId") or ""),
        values=profiles.held(thing, user),
        active=user.get("active") is not False,
        version=str((user.get("meta") or {}).get("version") or ""),
    )
