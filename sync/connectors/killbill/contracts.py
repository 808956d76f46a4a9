"""Contracts as bundles: a base subscription on a plan that costs nothing, and what is billed
under the contract beside it.

The base subscription begins with the contract and is never cancelled by us: that would end all
that is billed under it. A contract that is used no longer says so in a custom field, and what
bills it is ended by its schedules. A contract that changes its client is transferred: Kill Bill
makes a new bundle with the same key in the other account, and ends the old one's subscriptions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from sync.connectors.base import Missing
from sync.connectors.killbill.objects import FIELDS
from sync.connectors.killbill.records import INACTIVE, Record, Records
from sync.connectors.killbill.tenant import AUDITED, OWN_ID, Tenant, last_change, marks_of
from sync.connectors.profile import Rendered
from sync.connectors.successors import next_key
from sync.outbound.answers.retry import Answer
from sync.outbound.content.envelope import Message

BUNDLES, SUBSCRIPTIONS = "/bundles", "/subscriptions"
ADD_ON, CANCELLED = "ADD_ON", "CANCELLED"
BEGINS: Final = f"{FIELDS}.effective_from"
#: What the states of a base subscription say of a contract that tells no status itself.
STANDINGS: Final = {
    "PENDING": "signed",
    "ACTIVE": "active",
    "BLOCKED": "on_hold",
    "CANCELLED": "terminated",
    "EXPIRED": "expired",
}


def live(tenant: Tenant, key: str) -> dict[str, Any] | None:
    """The bundle that is in use under an external key; a key passes on when a bundle ends."""
    found = tenant.found(BUNDLES, {"externalKey": key, **AUDITED})
    return found[0] if found else None


def base_of(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """The subscription that carries a bundle; the newest, where there were several."""
    bases = [s for s in bundle["subscriptions"] if s["productCategory"] != ADD_ON]
    return max(bases, key=lambda s: (s["state"] != CANCELLED, str(s["startDate"])), default={})


def place(bundle_id: str) -> str:
    """Where a bundle is."""
    return f"{BUNDLES}/{bundle_id}"


class Contracts(Records):
    """Bundles, by their external keys: a transfer gives a bundle another id."""

    def find(self, key: str) -> str | None:
        """The key itself, where a bundle is in use under it."""
        return key if live(self.tenant, key) else None

    def create(self, rendered: Rendered, message: Message) -> str:
        """Make the base subscription, and its bundle with it."""
        values = rendered.values
        body = {"accountId": values["accountId"], "bundleExternalKey": message.key,
                "planName": self.settings["contract_plan"]}  # fmt: skip
        begins = str(values.get(BEGINS) or "")[:10]
        dates = {"entitlementDate": begins, "billingDate": begins} if begins else {}
        self.tenant.made(SUBSCRIPTIONS, body, dates)
        self._mark(self._bundle(message.key), rendered, message)
        return message.key

    def update(self, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write what differs; the base subscription goes on as it began."""
        bundle = self._bundle(source_id)
        account = rendered.values.get("accountId")
        if account and account != bundle["accountId"]:
            bundle = self._transfer(bundle, str(account))
        self._mark(bundle, rendered, message)

    def end(self, source_id: str, message: Message) -> None:
        """Say so in a custom field."""
        bundle = self._bundle(source_id)
        self.tenant.mark(place(bundle["bundleId"]), {self.settings["status_field"]: INACTIVE})

    def _transfer(self, bundle: Mapping[str, Any], account: str) -> dict[str, Any]:
        """Move a bundle to another account, now; add-ons go with it under their next keys.

        No key of a subscription is ever free again, and without a new one it would have none of
        ours. Custom fields stay behind: those of the bundle and its add-ons are written again here.
        """
        moving = [s for s in bundle["subscriptions"]
                  if s["productCategory"] == ADD_ON and s["state"] != CANCELLED]  # fmt: skip
        own = self.tenant.marks(place(bundle["bundleId"]))
        told = {next_key(s["externalKey"]): self._marks_of(s) for s in moving}
        keys = [f"KB_SUB_ID_{s['subscriptionId']}={next_key(s['externalKey'])}" for s in moving]
        query = {"billingPolicy": "IMMEDIATE", "pluginProperty": keys}
        made = self.tenant.made(place(bundle["bundleId"]), {"accountId": account}, query)
        moved: dict[str, Any] = self.tenant.found(place(made), AUDITED)
        self.tenant.mark(place(made), own)
        for subscription in moved["subscriptions"]:
            if marks := told.get(subscription["externalKey"]):
                self.tenant.mark(f"{SUBSCRIPTIONS}/{subscription['subscriptionId']}", marks)
        return moved

    def _marks_of(self, subscription: Mapping[str, Any]) -> dict[str, str]:
        return self.tenant.marks(f"{SUBSCRIPTIONS}/{subscription['subscriptionId']}")

    def _mark(self, bundle: Mapping[str, Any], rendered: Rendered, message: Message) -> None:
        own = {name.removeprefix(f"{FIELDS}."): value for name, value in rendered.values.items()
               if name.startswith(FIELDS)}  # fmt: skip
        self.tenant.mark(place(bundle["bundleId"]), {**own, **self.ours(message)})

    def _bundle(self, key: str) -> dict[str, Any]:
        bundle = live(self.tenant, key)
        if bundle is None:
            raise Missing(Answer(reason="no such bundle is in use"))
        return bundle

    # Reading

    def known_as(self, identity: str) -> str:
        """The key of the bundle."""
        bundle = self.tenant.found(place(identity)) if OWN_ID.fullmatch(identity) else None
        return str(bundle["externalKey"]) if bundle else identity

    def some(self, source_ids: Collection[str]) -> Iterator[Record]:
        """Those of these keys under which a bundle is in use."""
        for key in source_ids:
            if bundle := live(self.tenant, key):
                yield self._inward(bundle, self.tenant.fields(place(bundle["bundleId"])))

    def pages(self) -> Iterator[list[Record]]:
        """All bundles, of those with one key the one that is in use, else the newest."""
        fields = self.tenant.all_fields("BUNDLE")
        newest: dict[str, dict[str, Any]] = {}
        for page in self.tenant.pages(f"{BUNDLES}/pagination"):
            for bundle in page:
                before = newest.get(bundle["externalKey"])
                if before is None or _ended(before) or not _ended(bundle):
                    newest[bundle["externalKey"]] = bundle
        yield [self._inward(b, fields.get(b["bundleId"], ())) for b in newest.values()]

    def _inward(self, bundle: Mapping[str, Any], fields: Collection[Mapping[str, Any]]) -> Record:
        """A bundle that was read, as the field map sees it."""
        base = base_of(bundle)  # a transfer begins another: a day we were told comes first
        marks = {"effective_from": str(base.get("startDate") or "")[:10], **marks_of(fields)}
        told = marks.get("contract_status") or STANDINGS.get(base.get("state", ""))
        record = {
            "externalKey": bundle["externalKey"],
            "accountId": bundle["accountId"],
            "standing": told,
            "modified": last_change(bundle, *bundle["subscriptions"], *fields),
        }
        return self.marked(record, marks)


def _ended(bundle: Mapping[str, Any]) -> bool:
    return base_of(bundle).get("state") == CANCELLED
