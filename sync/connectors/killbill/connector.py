"""Writing clients to Kill Bill as accounts, and reading accounts.

Our code is the external key, by which an account is looked for before it is made; Kill Bill
refuses to make a second one. An account that was there keeps its external key, and has our code
in a custom field. Nothing is closed when a client is retired: closing stops the account's
subscriptions and cannot be taken back, so a custom field says that it is used no longer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import Missing, RecordConnector
from sync.connectors.faults import Turned, poison
from sync.connectors.killbill.objects import ITS_OWN, KILLBILL, inward, outward
from sync.connectors.login import Login
from sync.connectors.profile import Object, Profile, Rendered
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Response, Rest, by_status, segment
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.envelope import Message
from sync.outbound.retry import Answer, Verdict

ACCOUNTS: Final = "/1.0/kb/accounts"
#: Who did it, for Kill Bill's audit log; no write is taken without.
CREATED_BY: Final = {"x-killbill-createdby": "assay"}
AT_ONCE: Final = 100
#: A change that is committed late shows an earlier time: that much is read again.
OVERLAP: Final = timedelta(minutes=2)
#: Kill Bill's codes for an account that does not exist, by its id or external key.
UNKNOWN: Final = frozenset({3001, 3002})
ACTIVE, INACTIVE = "active", "inactive"


class TenantLogin(Login):
    """A user and a tenant: the connection's secret is the user's password, a space, and the
    tenant's API secret; the tenant's API key is the setting `api_key`."""

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._secret, self._separator, self._tenant = self._secret.rpartition(" ")
        self._api_key = str(connection.settings.get("api_key", ""))

    def headers(self) -> dict[str, str]:
        """Basic, and the tenant's two headers; Turned where the secret holds only one."""
        if not self._separator:
            reason = "the secret must be the password, a space, and the tenant's API secret"
            raise Turned(Answer(verdict=Verdict.REFUSED, reason=reason))
        tenant = {"x-killbill-apikey": self._api_key, "x-killbill-apisecret": self._tenant}
        return {**super().headers(), **tenant}


class KillBill(RecordConnector):
    """One tenant of Kill Bill."""

    profile: ClassVar[Profile] = KILLBILL
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.READ_BACK}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self.login = TenantLogin(connection, client)
        self._rest = Rest(connection.url, self.login, client, CREATED_BY)
        self._key = str(self.settings["key_field"])
        self._status = str(self.settings["status_field"])

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """By external key."""
        response = self._rest.call("GET", ACCOUNTS, query={"externalKey": key})
        return None if response.status == 404 else str(_checked(response).data["accountId"])

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Make an account; one that someone made meanwhile is found at the next attempt."""
        body = {**outward(rendered.filled), "externalKey": message.key}
        filled = {name: value for name, value in body.items() if value is not None}
        location = self._asked("POST", ACCOUNTS, filled).header("location")
        made = location.split("?")[0].rpartition("/")[2]
        self._mark(made, {self._key: message.key, self._status: ACTIVE})
        return made

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write what we know.

        Kill Bill takes nothing for "as it is", or, when told, for "empty": then of every field, so
        that the account is written whole. A currency that was set stays, and is seen to differ
        when the account is read: refusing the record would keep all else from the account too.
        """
        account = self._account(source_id)
        if account is None:
            raise Missing(Answer(reason="there is no such account"))
        values = outward(rendered.values)
        if account.get("currency"):
            values.pop("currency", None)
        body, query = {n: v for n, v in values.items() if v not in (None, "")}, {}
        if any(account.get(n) not in (None, "") and n not in body for n in values):
            rest = {n: v for n, v in account.items() if n not in (*ITS_OWN, *values)}
            body, query = {**rest, **body}, {"treatNullAsReset": "true"}
        self._asked("PUT", f"{ACCOUNTS}/{segment(source_id)}", body, query)
        self._mark(source_id, {self._key: message.key, self._status: ACTIVE})

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Say so in a custom field; what is billed there goes on until someone ends it."""
        if self._account(source_id) is None:
            raise Missing(Answer(reason="there is no such account"))
        self._mark(source_id, {self._status: INACTIVE})

    def _mark(self, source_id: str, wanted: Mapping[str, str]) -> None:
        """Set custom fields: those that are not there are made, the others changed by their id."""
        path, held = f"{ACCOUNTS}/{segment(source_id)}/customFields", self._marks(source_id)
        new = [{"name": n, "value": v} for n, v in wanted.items() if n not in held]
        other = [{**held[n], "value": v} for n, v in wanted.items()
                 if n in held and held[n]["value"] != v]  # fmt: skip
        if new:
            self._asked("POST", path, new)
        if other:
            self._asked("PUT", path, other)

    def _marks(self, source_id: str) -> dict[str, dict[str, Any]]:
        found = self._asked("GET", f"{ACCOUNTS}/{segment(source_id)}/customFields").data or ()
        kept = ("customFieldId", "name", "value")
        return {field["name"]: {name: field[name] for name in kept} for field in found}

    def _account(self, source_id: str) -> dict[str, Any] | None:
        """An account with its audit log, which alone knows when it changed; None without one."""
        path = f"{ACCOUNTS}/{segment(source_id)}"
        response = self._rest.call("GET", path, query={"audit": "FULL"})
        return None if response.status == 404 else dict(_checked(response).data)

    def _asked(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Response:
        return _checked(self._rest.call(method, path, body, query=query))

    # Reading

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the tenant holds of these ids, or of every account."""
        thing = self.object_of(entity)
        if source_ids is None:
            accounts = (account for page in self._pages() for account in page)
        else:
            accounts = (a for i in source_ids if (a := self._account(i)) is not None)
        for account in accounts:
            yield self._held(thing, account)

    def _held(self, thing: Object, account: Mapping[str, Any]) -> Held:
        seen, source_id = inward(account), str(account["accountId"])
        marks = self._marks(source_id)
        return Held(
            entity=thing.entity,
            source_id=source_id,
            key=marks.get(self._key, {}).get("value", ""),
            values=profiles.held(thing, seen),
            active=marks.get(self._status, {}).get("value") != INACTIVE,
            version=str(seen["modified"] or ""),
        )

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Accounts whose audit log tells of a change; Kill Bill cannot be asked for these alone."""
        self.object_of(entity)
        last = cursor
        since = _moment(cursor) - OVERLAP if cursor else None
        for accounts in self._pages():
            seen = [inward(account) for account in accounts]
            changed = [a for a in seen if not (since and a["modified"])
                       or _moment(a["modified"]) >= since]  # fmt: skip
            last = max([last, *(str(a["modified"] or "") for a in changed)])
            # Pages come by age of the account, not of its change: none alone moves the cursor.
            yield Page([Item(str(a["accountId"]), a) for a in changed], cursor)
        yield Page([], last)

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The accounts of these ids."""
        self.object_of(entity)
        for source_id in source_ids:
            account = self._account(source_id)
            if account is not None:
                yield Item(source_id, inward(account))

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        offset = 0
        while True:
            query = {"offset": str(offset), "limit": str(AT_ONCE), "audit": "FULL"}
            page = self._asked("GET", f"{ACCOUNTS}/pagination", query=query).data or []
            if not page:
                return
            yield page
            offset += len(page)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def _checked(response: Response) -> Response:
    """The answer if it is a success; raises Turned with what Kill Bill said."""
    if response.status == 404 and _error(response).get("code") in UNKNOWN:
        raise poison(_words(response), response.answer)  # what the content refers to
    if not response.ok:
        raise Turned(by_status(response.answer, _words(response)))
    return response


def _error(response: Response) -> Mapping[str, Any]:
    return response.data if isinstance(response.data, Mapping) else {}


def _words(response: Response) -> str:
    """`{className, code, message, causeClassName, causeMessage, stackTrace}` as a reason."""
    error = _error(response)
    kind = str(error.get("className") or "").rpartition(".")[2]
    code = error.get("code")
    said_so = " ".join(str(part) for part in (kind, code) if part)
    return f"{said_so}: {error['message']}" if error.get("message") else said_so
