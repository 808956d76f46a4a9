"""Writing clients to Zuora as customer accounts, and reading them.

Our code is the account number, by which an account is looked for before it is made; an account
that was there keeps its number and has our code in a custom field. The idempotency key guards the
moment between. A refusal comes with status 200 and `success: false`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Final

from canonical import exact_json
from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.base import Missing, RecordConnector
from sync.connectors.faults import Turned, poison, said
from sync.connectors.profile import Object, Profile, Rendered
from sync.connectors.protocol import Capabilities, Guarantee, Held, Page
from sync.connectors.rest import Response, Rest, by_status, segment
from sync.connectors.zuora.objects import ZUORA, inward, outward
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound.envelope import Message
from sync.outbound.retry import Answer, Verdict

ACCOUNTS: Final = "/v1/accounts"
QUERY: Final = "SELECT Id, UpdatedDate FROM Account"
#: The last two digits of an error's code say what kind it is.
NOT_FOUND: Final = 40
CLOSED: Final = frozenset({10, 11})  # no permission, no login
PASSING: Final = frozenset({50, 60, 61, 70})  # locked, trouble inside, too many requests
OVERLAP: Final = timedelta(minutes=2)
ACTIVE, INACTIVE = "active", "inactive"


class Zuora(RecordConnector):
    """One tenant of Zuora."""

    profile: ClassVar[Profile] = ZUORA
    capabilities: ClassVar[Capabilities] = Capabilities(
        frozenset({Guarantee.KEY, Guarantee.READ_BACK}), reads=True, pulls=True
    )

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        super().__init__(connection, client)
        self._rest = Rest(connection.url, self.login, client)
        self._key = str(self.settings["key_field"])
        self._status = str(self.settings["status_field"])

    # Writing

    def find(self, thing: Object, key: str) -> str | None:
        """By account number."""
        answer = self._account(key)
        return str(answer["basicInfo"]["id"]) if answer else None

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Make an account; the key is of the message and its body: another body is another ask."""
        body = {**outward(rendered.filled), "accountNumber": message.key, **self._marks(message)}
        body.setdefault("currency", self.settings["currency"])
        if not body["currency"]:
            raise poison("Zuora makes no account without a currency")
        digest = sha256(exact_json.dumps(body).encode()).hexdigest()[:16]
        headers = {"idempotency-key": f"{message.id}-{digest}"}
        made = _checked(self._rest.call("POST", ACCOUNTS, body, headers=headers))
        return str(made.data["accountId"])

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write by id; what is set once and for all is not sent again."""
        body = outward(rendered.values)
        body.pop("currency", None)
        self._write(source_id, {**body, **self._marks(message)})

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Say so in a custom field: cancelling an account would end its subscriptions."""
        self._write(source_id, {self._status: INACTIVE})

    def _marks(self, message: Message) -> dict[str, str]:
        return {self._key: message.key, self._status: ACTIVE}

    def _write(self, source_id: str, body: Mapping[str, Any]) -> None:
        response = self._rest.call("PUT", f"{ACCOUNTS}/{segment(source_id)}", body)
        if NOT_FOUND in _kinds(response) and self._account(source_id) is None:
            raise Missing(Answer(reason="there is no such account"))
        _checked(response)

    def _account(self, which: str) -> dict[str, Any] | None:
        """An account by its id or number; None where there is none."""
        response = self._rest.call("GET", f"{ACCOUNTS}/{segment(which)}")
        return None if NOT_FOUND in _kinds(response) else dict(_checked(response).data)

    # Reading

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the tenant holds of these ids, or of every account."""
        thing = self.object_of(entity)
        ids = (r["Id"] for rows in self._rows("") for r in rows) if source_ids is None \
            else iter(source_ids)  # fmt: skip
        for source_id in ids:
            answer = self._account(source_id)
            if answer is not None:
                seen = inward(answer)
                yield Held(
                    entity=thing.entity,
                    source_id=str(seen["id"]),
                    key=str(seen.get(self._key) or ""),
                    values=profiles.held(thing, seen),
                    active=seen.get(self._status) != INACTIVE,
                )

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """Accounts by the time of their last change; ZOQL knows no order, so the end moves it."""
        self.object_of(entity)
        last = cursor
        since = (
            (datetime.fromisoformat(cursor) - OVERLAP).isoformat("T", "seconds") if cursor else ""
        )
        for rows in self._rows(f" WHERE UpdatedDate >= '{since}'" if since else ""):
            last = max([last, *(str(row["UpdatedDate"]) for row in rows)], key=_moment)
            yield Page(list(self._items(rows)), cursor)
        yield Page([], last)

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The accounts of these ids."""
        self.object_of(entity)
        for source_id in filter(str.isalnum, source_ids):
            for rows in self._rows(f" WHERE Id = '{source_id}'"):
                yield from self._items(rows)

    def _items(self, rows: list[Mapping[str, Any]]) -> Iterator[Item]:
        """The accounts of these rows, which alone know the time of their last change."""
        for row in rows:
            answer = self._account(str(row["Id"]))
            if answer is not None:
                yield Item(str(row["Id"]), inward(answer, str(row["UpdatedDate"])))

    def _rows(self, where: str) -> Iterator[list[Mapping[str, Any]]]:
        path, body = "/v1/action/query", {"queryString": f"{QUERY}{where}"}
        while True:
            data = _checked(self._rest.call("POST", path, body)).data
            yield list(data.get("records") or ())
            if data["done"]:
                return
            path, body = "/v1/action/queryMore", {"queryLocator": data["queryLocator"]}


def _moment(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0


def _reasons(response: Response) -> list[Mapping[str, Any]]:
    body = response.data if isinstance(response.data, Mapping) else {}
    return list(body.get("reasons") or ()) if body.get("success") is False else []


def _kinds(response: Response) -> set[int]:
    """Of `{success: false, reasons: [{code, message}]}`, whatever the status."""
    codes = (str(reason.get("code") or "")[-2:] for reason in _reasons(response))
    return {int(code) for code in codes if code.isdigit()}


def _checked(response: Response) -> Response:
    """The answer if it is a success; raises Turned with what Zuora said."""
    body = response.data if isinstance(response.data, Mapping) else {}
    if response.ok and body.get("success") is not False:
        return response
    text = "; ".join(f"{r.get('code')}: {r.get('message')}" for r in _reasons(response))
    kinds = _kinds(response)
    if response.status == 429:
        raise Turned(said(response.answer, Verdict.FAILED, text or "answered 429",
                          wait=_wait(response)))  # fmt: skip
    if not kinds:  # no word of Zuora's own; or "no success" without a reason
        told = by_status(response.answer, text)
        raise Turned(said(told, Verdict.FAILED, "no success") if response.ok else told)
    verdict = Verdict.REFUSED if kinds & CLOSED else Verdict.POISON
    if kinds & PASSING or response.status >= 500:
        verdict = Verdict.FAILED
    raise Turned(said(response.answer, verdict, text))


def _wait(response: Response) -> float | None:
    """Seconds until more requests are allowed: `RateLimit-Reset`."""
    text = response.header("ratelimit-reset")
    return float(text) if text.isdigit() else None
