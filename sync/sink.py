"""The demo's own receiver: what a target should do with a message, in a few lines.

Verify the signature; a known id, or a version not above the one held, changes nothing; store what
came, then acknowledge it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from canonical.entities import ENTITIES
from sync.connectors.webhook import secrets_of
from sync.models import Received, Subscription
from sync.outbound.envelope import verifies
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
    return change(found, {"url": f"{base_url}/sink/{found.pk}/"})


def accept(subscription: Subscription, headers: Mapping[str, str], body: bytes) -> str:
    """Take one message and return its receipt; Forged where it is not the hub's."""
    now = int(timezone.now().timestamp())
    if not verifies(headers, body, secrets_of(subscription), now):
        raise Forged
    event = json.loads(body)
    with transaction.atomic():
        # One message of a subscription at a time: two versions of a record may arrive together.
        Subscription.objects.select_for_update().get(pk=subscription.pk)
        if not _is_old(subscription, headers["webhook-id"], event):
            Received.objects.create(
                subscription=subscription,
                message_id=UUID(headers["webhook-id"]),
                subject=UUID(event["subject"]),
                record_version=event["recordversion"],
                event=event,
            )
    return headers["webhook-id"]


def _is_old(subscription: Subscription, message: str, event: Mapping[str, Any]) -> bool:
    held = Received.objects.filter(subscription=subscription)
    newer = held.filter(subject=event["subject"], record_version__gte=event["recordversion"])
    return held.filter(message_id=message).exists() or newer.exists()
