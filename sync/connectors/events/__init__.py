"""What systems say of themselves: an event is proved and names records, and nothing more. Pure.

Every system may send the hub's own form, signed by Standard Webhooks; for some vendors theirs is
known too. What an event says of a record is never believed: the record is read again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sync.connectors.events import hubspot, killbill, salesforce, standard, zuora
from sync.connectors.events.notice import Kind, Notice, Unreadable

__all__ = ["Kind", "Notice", "Unreadable", "kind_of", "proves"]

#: By connector.
KINDS: Final[dict[str, Kind]] = {
    "certinia": salesforce.KIND,
    "hubspot": hubspot.KIND,
    "killbill": killbill.KIND,
    "salesforce": salesforce.KIND,
    "zuora": zuora.KIND,
}


def kind_of(connector: str, notice: Notice) -> Kind:
    """How this event is to be read."""
    if standard.SIGNATURE in notice.headers:
        return standard.KIND
    return KINDS.get(connector, standard.KIND)


def proves(kind: Kind, notice: Notice, secrets: Collection[str], now: int) -> bool:
    """Whether the event was sent by someone who has one of the secrets; with none, nobody has."""
    return any(kind.signed(notice, secret, now) for secret in secrets)
