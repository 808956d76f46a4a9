"""The demo firm with its real ERP: systems that speak over HTTP, targets that really listen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import F, Q
from django.test import Client

from canonical import access
from canonical.entities import schema_of
from canonical.models import Golden, System
from mdm.tryton import demo
from sync.inbound.demo import setup
from sync.models import Lane, Subscription
from sync.outbound.delivery.deliver import drain
from sync.outbound.publishing import fanout
from sync.torture.receiver import Received, Receiver
from tests.canonical.api.conftest import token
from tests.factories import targets
from tests.tryton import Between, Erp
from tests.tryton.linked import Linked

#: The order in which an empty target may be told: parents first.
PARENTS: Final = {
    "contract": ("client",), "engagement": ("client", "contract"),
    "billing_schedule": ("contract", "client"),
}  # fmt: skip
MADE: Final = {
    "party.party": "client",
    "sale.sale": "contract",
    "project.work": "engagement",
    "sale.subscription": "billing_schedule",
}


@dataclass
class Firm:
    """CRM, PSA and billing engine as sources; Tryton, PSA and billing engine as targets."""

    linked: Linked
    between: Between
    receiver: Receiver
    told: dict[str, Subscription]
    now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)
    callers: dict[str, Client] = field(default_factory=dict)

    def caller(self, system: str) -> Client:
        """The system's own credential."""
        if system not in self.callers:
            issued = access.issue_credential(
                System.objects.get(pk=system), ["ingest", "match", "read"], name=system
            )
            bearer = token(issued)
            self.callers[system] = Client(headers={"Authorization": f"Bearer {bearer}"})
        return self.callers[system]

    def put(self, system: str, entity: str, source_id: str, data: dict[str, Any]) -> Any:
        """A system sends a record in its own shape."""
        self.now += timedelta(minutes=1)
        answer = self.caller(system).put(
            f"/api/v1/systems/{system}/{schema_of(entity).path}/{source_id}",
            {"data": data, "modified_at": self.now.isoformat()},
            "application/json",
        )
        assert answer.status_code in {200, 201}, answer.content
        body = answer.json()
        assert body["outcome"] in {"created", "linked", "updated"}, body
        assert not body["issues"], body
        return body

    def knows(self, system: str, data: dict[str, Any]) -> Any:
        """Before it creates a client, a system asks whether the hub knows it."""
        answer = self.caller(system).post(
            "/api/v1/match/clients", {"data": data}, "application/json"
        )
        assert answer.status_code == 200, answer.content
        return answer.json()

    def golden(self, body: Any) -> Golden:
        """The golden record an answer names."""
        return Golden.objects.get(pk=body["golden"]["id"])

    @property
    def subscriptions(self) -> list[Subscription]:
        """Every target."""
        return [self.linked.subscription, *self.told.values()]

    def deliver(self) -> None:
        """To every target until nothing more is due."""
        for _ in range(8):
            fanout.fan_out()
            if not sum(drain(each.pk) for each in self.subscriptions):
                return

    def acknowledged(self) -> bool:
        """Whether every target confirmed the newest version of everything it carries."""
        return all(targets.at_rest(each) for each in self.subscriptions)

    def problems(self) -> list[tuple[str, str, str, str]]:
        """What waits, for whom and why."""
        open_ones = ~Q(confirmed=F("desired")) | Q(resend=True)
        lanes = Lane.objects.filter(open_ones)
        return list(
            lanes.values_list("subscription__name", "golden__entity", "parked", "last_error")
        )

    def made_in_erp(self) -> list[str]:
        """The entities in the order in which Tryton was asked to make them."""
        calls = [call.path.removeprefix("/model.") for call in self.between.calls]
        made = [path.removesuffix(".create") for path in calls if path.endswith(".create")]
        return [MADE[model] for model in made if model in MADE]

    def events(self, target: str) -> list[Received]:
        """What a webhook target received."""
        return [each for each in self.receiver.received if each.path == f"/{target}"]


def parents_first(entities: list[str]) -> bool:
    """Whether nothing came before what it refers to."""
    return all(
        parent in entities[:place]
        for place, entity in enumerate(entities)
        for parent in PARENTS.get(entity, ())
    )


def open_firm(tryton: Erp, between: Between, receiver: Receiver) -> Firm:
    """The demo firm's configuration, no records, and three targets."""
    setup.prepare(empty=False)
    made = demo.link(between.address, tryton.hub, settings={"overlap": 0})
    told = {
        name: targets.subscription(
            receiver,
            name,
            system=name,
            entities=["client", "rate_card", "contract", "engagement", "billing_schedule"],
        )
        for name in ("psa", "billing")
    }
    fanout.load_pending()
    made.refresh_from_db()
    return Firm(Linked(tryton, made), between, receiver, told)
