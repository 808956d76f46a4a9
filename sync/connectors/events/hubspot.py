"""HubSpot's webhooks: up to 100 events in a list, in any order, any of them twice.

Signed in version 3: HMAC-SHA256, in base64, of method, address, body and moment, by the client
secret of the app (developers.hubspot.com, "Validating requests").
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sync.connectors.events.notice import (
    TOLERANCE,
    Kind,
    Notice,
    Unreadable,
    an_object,
    entities_of,
    same,
)
from sync.connectors.profile import Profile

SIGNATURE: Final = "x-hubspot-signature-v3"
MOMENT: Final = "x-hubspot-request-timestamp"  # milliseconds
#: What HubSpot calls an object in an event, by name or by type.
OBJECTS: Final = {
    "company": "companies", "deal": "deals", "order": "orders", "subscription": "subscriptions",
    "0-2": "companies", "0-3": "deals", "0-123": "orders", "0-69": "subscriptions",
}  # fmt: skip
#: What HubSpot signs unescaped, though it may be escaped in the address.
UNESCAPED: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'",
    "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
#: The members of an event that hold ids of its object.
IDS: Final = ("objectId", "primaryObjectId", "newObjectId")
ENDS: Final = ("from", "to")  # of an association


def signed(notice: Notice, secret: str, now: int) -> bool:
    """Not older than five minutes, and by this secret."""
    moment = notice.headers.get(MOMENT, "")
    if not (moment.isascii() and moment.isdigit()) or abs(now - int(moment) // 1000) > TOLERANCE:
        return False
    url = notice.url
    for escaped, plain in UNESCAPED.items():
        url = url.replace(escaped, plain).replace(escaped.lower(), plain)
    content = f"{notice.method}{url}".encode() + notice.body + moment.encode()
    expected = base64.b64encode(hmac.digest(secret.encode(), content, "sha256")).decode()
    return same(notice.headers.get(SIGNATURE, ""), expected)


def named(notice: Notice, profile: Profile) -> Iterator[tuple[str, str]]:
    """Every id in an event: of a merge, those that are no more too; of an association, its ends."""
    events = notice.json
    if not isinstance(events, list):
        raise Unreadable("HubSpot's events are a list.")
    for event in events:
        for kind, source_id in _ids(an_object(event)):
            if isinstance(source_id, int | str) and source_id:
                for entity in entities_of(profile, OBJECTS.get(kind, kind)):
                    yield entity, str(source_id)


def _ids(event: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Kinds of objects with ids."""
    kind = str(event.get("objectTypeId") or str(event.get("subscriptionType")).split(".")[0])
    merged = event.get("mergedObjectIds")
    for each in [event.get(name) for name in IDS] + (merged if isinstance(merged, list) else []):
        yield kind, each
    for end in ENDS:
        yield str(event.get(f"{end}ObjectTypeId") or kind), event.get(f"{end}ObjectId")


KIND: Final = Kind(signed, named, 'HubSpot realm="assay"')
