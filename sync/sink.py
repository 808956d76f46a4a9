"""The demo's own receiver: what a target should do with a message, in a few lines.

Verify the signature; a known id, or a version not above the one held, changes nothing, unless the
hub sends it again because what is held was lost or changed; store what came, then acknowledge it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from canonical.entities import ENTITIES
from sync.connectors.webhook import secrets_of
from sync.models import Received, Subscription
from sync.outbound.content.envelope import RESEND, verifies
from sync.outbound.subscriptions import change, subscribe

NAME: Final = "Sink of the demo"
OWNER: Final = "hub:demo"


class Forged(Exception):
    """The message is not signed by the subscription's secret, or too long ago."""


def enable(base_url: str) -> Subscription:
    """Subscribe the sink to everything, or follow the demo to its present address."""
    found = Subscription.objects.filter(owner=OWNER, name=NAME).first()
    if found is None:
        found = subscribe(
            owner=OWNER, name=NAME, system=None, url="", entities=list(ENTITIES), receipts=True
        )
    address = f"{base_url}/sink/{found.pk}/"
    return change(found, {"url": address, "read_url": address})


def accept(subscription: Subscription, headers: Mapping[str, str], body: bytes) -> str:
    """Take one message and return its receipt; Forged where it is not the hub's."""
    now = int(timezone.now().timestamp())
    if not verifies(headers, body, secrets_of(subscription), now):
        raise Forged
    event = json.loads(body)
    with transaction.atomic():
        # One message of a subscription at a time: two versions of a record may arrive together.
        Subscription.objects.select_for_update().get(pk=subscription.pk)
        if _is_restored(subscription, headers, event) or not _is_old(
            subscription, headers["webhook-id"], event
        ):
            Received.objects.update_or_create(
                subscription=subscription,
                message_id=UUID(headers["webhook-id"]),
                defaults={
                    "subject": UUID(event["subject"]),
                    "record_version": event["recordversion"],
                    "event": event,
                },
            )
    return headers["webhook-id"]


def _is_restored(
    subscription: Subscription, headers: Mapping[str, str], event: Mapping[str, Any]
) -> bool:
    """Whether the hub sends again what is held in this version, or not held any more."""
    newer = Received.objects.filter(
        subscription=subscription,
        subject=event["subject"],
        record_version__gt=event["recordversion"],
    )
    return headers.get(RESEND) == "true" and not newer.exists()


def held(
    subscription: Subscription, entity: str, limit: int, after: str, subjects: Collection[str]
) -> dict[str, Any]:
    """A page of what is held: the newest event of each record, and where the next page begins."""
    newest = Received.objects.filter(
        subscription=subscription, subject=OuterRef("subject")
    ).order_by("-record_version")
    rows = Received.objects.filter(
        id=Subquery(newest.values("id")[:1]), event__type__startswith=f"org.assay.{entity}."
    ).order_by("subject")
    rows = rows.filter(subject__gt=UUID(after)) if after else rows
    rows = rows.filter(subject__in=subjects) if subjects else rows
    found = list(rows[: limit + 1])
    following = str(found[limit - 1].subject) if len(found) > limit else None
    return {"records": [_record(row) for row in found[:limit]], "next": following}


def _record(row: Received) -> dict[str, Any]:
    data = row.event["data"]
    return {
        "subject": row.subject,
        "recordversion": row.record_version,
        "active": data.get("state") == "active",
        "data": data,
    }


def change_by_hand(row: Received, attribute: str, value: str) -> None:
    """Change what the sink holds behind the hub's back, as people do in a target."""
    row.event = {**row.event, "data": {**row.event["data"], attribute: value}}
    row.save(update_fields=["event"])


def _is_old(subscription: Subscription, message: str, event: Mapping[str, Any]) -> bool:
    held = Received.objects.filter(subscription=subscription)
    newer = held.filter(subject=event["subject"], record_version__gte=event["recordversion"])
    return held.filter(message_id=message).exists() or newer.exists()
