"""Bundles, subscriptions and invoices of Kill Bill, with a small catalog.

The rules are those of its source: a plan's name alone or all that else names one; a bundle's key
is free once its base subscription ended, a subscription's never; a base takes its add-ons along; a
transfer makes everything anew; charges of one call share an invoice; drafts may be voided.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from tests.standins.killbill_tenant import (
    ID,
    ROOT,
    WHO,
    Tenant,
    error,
    stamp,
    wrong,
)
from tests.standins.server import Call, Refusal, Reply, route

SUBSCRIPTIONS, BUNDLES = f"{ROOT}/subscriptions", f"{ROOT}/bundles"
NO_PERIOD: Final = "NO_BILLING_PERIOD"
#: Plans: category, period, price.
CATALOG: Final[dict[str, tuple[str, str, str | None]]] = {
    "contract": ("BASE", NO_PERIOD, None),
    "schedule-items": ("ADD_ON", NO_PERIOD, None),
    "schedule-monthly": ("ADD_ON", "MONTHLY", "100"),
    "schedule-quarterly": ("ADD_ON", "QUARTERLY", "250"),
    "sports-monthly": ("BASE", "MONTHLY", "30"),
}
NAMED_ELSE: Final = ("productName", "productCategory", "billingPeriod", "priceList")
Row = dict[str, Any]


class Billing(Tenant):
    """A tenant that sells plans."""

    # What its users do

    def commit(self, invoice: str) -> None:
        """Finance sends a draft out."""
        self.table("invoices")[invoice] |= {"status": "COMMITTED",
                                            "invoiceDate": stamp(self.now)[:10]}  # fmt: skip
        self.log(invoice, "UPDATE", "finance", "INVOICE")

    def sell(self, account: str, plan: str, key: str) -> str:
        """Somebody subscribes; returns the subscription's id."""
        body = {"accountId": account, "bundleExternalKey": key, "planName": plan}
        return self._begin(body, "", "sales")

    def charge_too(self, invoice: str) -> None:
        """Finance adds a charge of its own to an invoice."""
        row = self.table("invoices")[invoice]
        extra = {**row["items"][0], "invoiceItemId": str(uuid4()), "itemDetails": None}
        row["items"].append(extra)

    # Bundles

    @route("GET", BUNDLES)
    def bundle_by_key(self, call: Call) -> Reply:
        self.admit(call)
        active = self._active(call.query["externalKey"])
        if active is None:
            raise _no("bundle", call.query["externalKey"])
        return Reply(200, [self._bundle(active, call)])

    @route("GET", f"{BUNDLES}/pagination")
    def bundles(self, call: Call) -> Reply:
        self.admit(call)
        rows = [self._bundle(row, call, prices=False) for row in self.table("bundles").values()]
        return self.page(call, rows)

    @route("GET", f"{BUNDLES}/{ID}")
    def bundle(self, call: Call) -> Reply:
        self.admit(call)
        return Reply(200, self._bundle(self._row("bundles", call.parts["id"]), call))

    @route("POST", f"{BUNDLES}/{ID}")
    def transfer(self, call: Call) -> Reply:
        """All that has not ended is made anew on the other account, from now on."""
        self.admit(call)
        old = self._row("bundles", call.parts["id"])
        account = self.valid("Bundle", call.json)["accountId"]
        self._row("accounts", account)
        given = dict(p.split("=", 1) for p in call.values.get("pluginProperty", ()))
        keys = {name.removeprefix("KB_SUB_ID_"): key for name, key in given.items()}
        self._keys_are_free(*keys.values())
        assert call.query.get("billingPolicy") == "IMMEDIATE", "else both accounts are billed"
        live = [s for s in self._of(old) if self.state(s) != "CANCELLED"]
        bundle = self._new_bundle(account, old["externalKey"])
        for each in live:
            self._end(each, stamp(self.now), call.headers[WHO])
            made = {**each, "subscriptionId": str(uuid4()), "accountId": account,
                    "bundleId": bundle["bundleId"], "startDate": stamp(self.now), "ends": None,
                    "externalKey": keys.get(each["subscriptionId"])}  # fmt: skip
            made["externalKey"] = made["externalKey"] or made["subscriptionId"]
            self._store(made, call.headers[WHO])
        return Reply(201, headers={"Location": f"{self.url}{BUNDLES}/{bundle['bundleId']}"})

    # Subscriptions

    @route("POST", SUBSCRIPTIONS)
    def subscribe(self, call: Call) -> Reply:
        self.admit(call)
        body = self.valid("Subscription", call.json)
        assert call.query.get("entitlementDate") == call.query.get("billingDate")
        made = self._begin(body, call.query.get("billingDate", ""), call.headers[WHO])
        return Reply(201, headers={"Location": f"{self.url}{SUBSCRIPTIONS}/{made}"})

    @route("GET", SUBSCRIPTIONS)
    def subscription_by_key(self, call: Call) -> Reply:
        self.admit(call)
        for row in self.table("subscriptions").values():
            if row["externalKey"] == call.query["externalKey"]:
                return Reply(200, self._subscription(row, call))
        raise _no("subscription", call.query["externalKey"])

    @route("GET", f"{SUBSCRIPTIONS}/{ID}")
    def subscription(self, call: Call) -> Reply:
        self.admit(call)
        row = self._row("subscriptions", call.parts["id"])
        return Reply(200, self._subscription(row, call))

    @route("PUT", f"{SUBSCRIPTIONS}/{ID}")
    def change_plan(self, call: Call) -> Reply:
        self.admit(call)
        row, body = (
            self._row("subscriptions", call.parts["id"]),
            self.valid("Subscription", call.json),
        )
        if self.state(row) == "CANCELLED":
            raise _refused(1031, "Subscription is in state CANCELLED")
        plan = self._plan(body)
        if plan["productCategory"] != row["productCategory"]:
            raise _refused(1040, "A plan of another category")
        row |= plan
        self.log(row["subscriptionId"], "UPDATE", call.headers[WHO], "SUBSCRIPTION_EVENT")
        return Reply(204)

    @route("DELETE", f"{SUBSCRIPTIONS}/{ID}")
    def cancel(self, call: Call) -> Reply:
        """On a day, or by policy; a base takes its add-ons along."""
        self.admit(call)
        row, on = self._row("subscriptions", call.parts["id"]), call.query.get("requestedDate")
        policies = {call.query.get("entitlementPolicy"), call.query.get("billingPolicy")}
        if on and policies != {None}:
            raise wrong("requestedDate and policies")
        assert on or policies == {"IMMEDIATE"}, "billed until the end of its term"
        assert not on or yes(call, "useRequestedDateForBilling"), "only the entitlement ends"
        if self.state(row) == "CANCELLED" or row["ends"]:
            raise _refused(1031, "Subscription is cancelled")
        when = f"{on}T00:00:00.000Z" if on else stamp(self.now)
        if when < row["startDate"]:
            raise _refused(1001, f"Requested date {when} is not allowed")
        family = self._of(row) if row["productCategory"] == "BASE" else [row]
        for each in family:
            self._end(each, when, call.headers[WHO])
        return Reply(204)

    @route("PUT", f"{SUBSCRIPTIONS}/{ID}/uncancel")
    def uncancel(self, call: Call) -> Reply:
        """Only what has not ended yet."""
        self.admit(call)
        row = self._row("subscriptions", call.parts["id"])
        if not row["ends"] or self.state(row) == "CANCELLED":
            raise _refused(1071, "Nothing to uncancel")
        row["ends"] = None
        self.log(row["subscriptionId"], "UPDATE", call.headers[WHO], "SUBSCRIPTION_EVENT")
        return Reply(204)

    # Invoices

    @route("POST", f"{ROOT}/invoices/charges/{ID}")
    def charge(self, call: Call) -> Reply:
        """All charges of a call go on one invoice, a draft unless it says otherwise."""
        self.admit(call)
        account = self._row("accounts", call.parts["id"])
        invoice = str(uuid4())
        items = [self._charge(item, account, invoice, call) for item in call.json]
        status = "COMMITTED" if yes(call, "autoCommit") else "DRAFT"
        self.table("invoices")[invoice] = {
            "invoiceId": invoice, "accountId": account["accountId"], "status": status,
            "currency": account["currency"], "invoiceDate": stamp(self.now)[:10],
            "targetDate": call.query["requestedDate"], "items": items,
            "invoiceNumber": str(len(self.table("invoices")) + 1),
        }  # fmt: skip
        self.log(invoice, "INSERT", call.headers[WHO], "INVOICE")
        return Reply(201, items)

    @route("GET", f"{ROOT}/accounts/{ID}/invoices")
    def invoices(self, call: Call) -> Reply:
        self.admit(call)
        account = self._row("accounts", call.parts["id"])["accountId"]
        whole = yes(call, "includeInvoiceComponents")
        return Reply(200, [
            {**row, "items": row["items"] if whole else [],
             "auditLogs": self.audited(row["invoiceId"], call)}
            for row in self.table("invoices").values()
            if row["accountId"] == account and row["status"] != "VOID"
        ])  # fmt: skip

    @route("PUT", f"{ROOT}/invoices/{ID}/voidInvoice")
    def void(self, call: Call) -> Reply:
        self.admit(call)
        row = self._row("invoices", call.parts["id"])
        assert row["status"] == "DRAFT", "what was sent out is finance's"
        row["status"] = "VOID"
        self.log(row["invoiceId"], "UPDATE", call.headers[WHO], "INVOICE")
        return Reply(204)

    # The rules

    def state(self, row: Row) -> str:
        """What a subscription is now."""
        if row["ends"] and row["ends"] <= stamp(self.now):
            return "CANCELLED"
        return "PENDING" if row["startDate"] > stamp(self.now) else "ACTIVE"

    def _begin(self, body: Row, on: str, who: str) -> str:
        plan, account = self._plan(body), self._row("accounts", body["accountId"])
        starts = f"{on}T00:00:00.000Z" if on else stamp(self.now)
        key = body.get("externalKey")
        self._keys_are_free(*([key] if key else ()))
        bundle = self._home(body, plan["productCategory"], starts)
        starts = max([starts, *(base["startDate"] for base in self._bases(bundle))])
        identity = str(uuid4())
        row = {"subscriptionId": identity, "externalKey": key or identity,
               "accountId": account["accountId"], "bundleId": bundle["bundleId"],
               "startDate": starts, "ends": None, **plan}  # fmt: skip
        self._store(row, who)
        return identity

    def _home(self, body: Row, category: str, starts: str) -> Row:
        held = self._active(body.get("bundleExternalKey", ""))
        if "bundleId" in body:
            held = self._row("bundles", body["bundleId"])
        if category == "BASE":
            if held:
                raise _refused(1014, f"Active bundle with key {held['externalKey']} exists")
            return self._new_bundle(body["accountId"], body.get("bundleExternalKey"))
        base = next(self._bases(held), None) if held else None
        if held is None or base is None or starts[:10] < base["startDate"][:10]:
            raise _refused(1013, "Missing Base Subscription for bundle")
        if held["accountId"] != body["accountId"]:
            raise _refused(1014, "The bundle is another account's")
        return held

    def _plan(self, body: Row) -> Row:
        if "planName" not in body or any(name in body for name in NAMED_ELSE):
            raise wrong("productName should not be set when planName is specified")
        if body["planName"] not in CATALOG:
            raise _refused(2010, f"Could not find any plan named {body['planName']}")
        category, period, price = CATALOG[body["planName"]]
        name = body["planName"]
        for override in body.get("priceOverrides", ()):
            assert override["phaseType"] == "EVERGREEN"
            price, name = override["recurringPrice"], f"{name}-1"  # a plan of its own
        return {"planName": name, "productCategory": category, "billingPeriod": period,
                "price": None if price is None else Decimal(str(price))}  # fmt: skip

    def _charge(self, item: Row, account: Row, invoice: str, call: Call) -> Row:
        body = self.valid("InvoiceItem", item)
        if body.get("currency", account["currency"]) != account["currency"]:
            raise _refused(3024, "Specified currency does not match that of the account")
        if body["amount"] <= 0:
            raise wrong("An external charge is more than nothing")
        return {"startDate": call.query["requestedDate"], **body, "invoiceItemId": str(uuid4()),
                "invoiceId": invoice, "itemType": "EXTERNAL_CHARGE",
                "currency": account["currency"]}  # fmt: skip

    def _keys_are_free(self, *keys: str) -> None:
        taken = {row["externalKey"] for row in self.table("subscriptions").values()}
        if used := taken & set(keys):
            raise error(500, "java.sql.SQLIntegrityConstraintViolationException", None, str(used))

    def _active(self, key: str) -> Row | None:
        rows = (r for r in self.table("bundles").values() if r["externalKey"] == key)
        return next((row for row in rows if any(self._bases(row))), None)

    def _bases(self, bundle: Row) -> Iterator[Row]:
        return (s for s in self._of(bundle)
                if s["productCategory"] == "BASE" and self.state(s) != "CANCELLED")  # fmt: skip

    def _of(self, bundle: Row) -> list[Row]:
        rows = self.table("subscriptions").values()
        return [row for row in rows if row["bundleId"] == bundle["bundleId"]]

    def _new_bundle(self, account: str, key: str | None) -> Row:
        identity = str(uuid4())
        row = {"bundleId": identity, "accountId": account, "externalKey": key or identity}
        self.table("bundles")[identity] = row
        self.log(identity, "INSERT", "assay", "BUNDLE")
        return row

    def _store(self, row: Row, who: str) -> None:
        self.table("subscriptions")[row["subscriptionId"]] = row
        self.log(row["subscriptionId"], "INSERT", who, "SUBSCRIPTION")

    def _end(self, row: Row, when: str, who: str) -> None:
        if self.state(row) != "CANCELLED":
            row["ends"] = max(when, row["startDate"])
            self.log(row["subscriptionId"], "UPDATE", who, "SUBSCRIPTION_EVENT")

    def _row(self, table: str, identity: str) -> Row:
        if identity not in self.table(table):
            raise _no(table.removesuffix("s"), identity)
        return self.table(table)[identity]

    def _bundle(self, row: Row, call: Call, *, prices: bool = True) -> Row:
        inner = [self._subscription(s, call, prices=prices) for s in self._of(row)]
        return {**row, "subscriptions": inner, "auditLogs": self.audited(row["bundleId"], call)}

    def _subscription(self, row: Row, call: Call, *, prices: bool = True) -> Row:
        """Its events carry the log of what happened to it, and a list of bundles no prices."""
        logs = self.audited(row["subscriptionId"], call)
        made = [log for log in logs if log["objectType"] == "SUBSCRIPTION"]
        later = [log for log in logs if log["objectType"] != "SUBSCRIPTION"]
        price = {"planName": row["planName"], "phaseType": "EVERGREEN",
                 "recurringPrice": row["price"]}  # fmt: skip
        shown = {n: v for n, v in row.items() if n not in ("ends", "price")}
        key = self.table("bundles")[row["bundleId"]]["externalKey"]
        return {**shown, "bundleExternalKey": key, "state": self.state(row),
                "billingStartDate": row["startDate"], "cancelledDate": row["ends"],
                "billingEndDate": row["ends"], "prices": [price] if prices else [],
                "events": [{"eventType": "CHANGE", "auditLogs": later}],
                "auditLogs": made}  # fmt: skip


def yes(call: Call, name: str) -> bool:
    """A parameter that is true, as Java reads it."""
    return call.query.get(name, "").lower() == "true"


def _no(kind: str, which: str) -> Refusal:
    if kind == "account":
        name = "billing.account.api.AccountApiException"
        return error(404, name, 3001, f"Account does not exist for id {which}")
    return error(404, "billing.entitlement.api.SubscriptionApiException", 1080,
                 f"There is no {kind} {which}")  # fmt: skip


def _refused(code: int, message: str) -> Refusal:
    return error(400, "billing.entitlement.api.EntitlementApiException", code, message)
