"""Clients as accounts.

Nothing is closed when a client is retired: closing stops the account's subscriptions and cannot
be taken back, so a custom field says that it is used no longer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from sync.connectors.base import Missing
from sync.connectors.killbill.objects import ITS_OWN
from sync.connectors.killbill.records import INACTIVE, Record, Records
from sync.connectors.killbill.tenant import AUDITED, last_change, marks_of
from sync.connectors.profile import Rendered
from sync.connectors.rest import segment
from sync.outbound.answers.retry import Answer
from sync.outbound.content.envelope import Message

ACCOUNTS: Final = "/accounts"


class Accounts(Records):
    """Accounts, by their ids."""

    def find(self, key: str) -> str | None:
        """By external key."""
        account = self.tenant.found(ACCOUNTS, {"externalKey": key})
        return str(account["accountId"]) if account else None

    def create(self, rendered: Rendered, message: Message) -> str:
        """Make an account; Kill Bill refuses a second one with our code."""
        body = {**outward(rendered.filled), "externalKey": message.key}
        made = self.tenant.made(ACCOUNTS, {n: v for n, v in body.items() if v is not None})
        self.tenant.mark(place(made), self.ours(message))
        return made

    def update(self, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write what we know.

        Kill Bill takes nothing for "as it is", or, when told, for "empty": then of every field, so
        that the account is written whole. A currency that was set stays, and is seen to differ
        when the account is read: refusing the record would keep all else from the account too.
        """
        account = self._account(source_id)
        values = outward(rendered.values)
        if account.get("currency"):
            values.pop("currency", None)
        body, query = {n: v for n, v in values.items() if v not in (None, "")}, {}
        if any(account.get(n) not in (None, "") and n not in body for n in values):
            rest = {n: v for n, v in account.items() if n not in (*ITS_OWN, *values)}
            body, query = {**rest, **body}, {"treatNullAsReset": "true"}
        self.tenant.asked("PUT", place(source_id), body, query)
        self.tenant.mark(place(source_id), self.ours(message))

    def end(self, source_id: str, message: Message) -> None:
        """Say so in a custom field; what is billed there goes on until someone ends it."""
        self._account(source_id)
        self.tenant.mark(place(source_id), {self.settings["status_field"]: INACTIVE})

    def some(self, source_ids: Collection[str]) -> Iterator[Record]:
        """Those of these ids that are there."""
        for source_id in source_ids:
            if account := self.tenant.found(place(source_id), AUDITED):
                yield self.marked(inward(account), self.tenant.marks(place(source_id)))

    def pages(self) -> Iterator[list[Record]]:
        """All accounts."""
        fields = self.tenant.all_fields("ACCOUNT")
        for page in self.tenant.pages(f"{ACCOUNTS}/pagination"):
            yield [self.marked(inward(a), marks_of(fields.get(a["accountId"], ()))) for a in page]

    def _account(self, source_id: str) -> dict[str, Any]:
        account = self.tenant.found(place(source_id))
        if account is None:
            raise Missing(Answer(reason="there is no such account"))
        return dict(account)


def place(source_id: str) -> str:
    """Where an account is."""
    return f"{ACCOUNTS}/{segment(source_id)}"


def outward(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an account: its address has two lines."""
    body = dict(values)
    if "lines" in body:
        first, _, rest = str(body.pop("lines") or "").partition("\n")
        body |= {"address1": first or None, "address2": rest.replace("\n", ", ") or None}
    return body


def inward(account: Mapping[str, Any]) -> Record:
    """An account that was read, as the field map sees it, with the time of its last change."""
    lines = "\n".join(filter(None, (account.get("address1"), account.get("address2"))))
    seen = {name: value for name, value in account.items() if name not in ITS_OWN}
    return {**seen, "lines": lines or None, "modified": last_change(account)}
