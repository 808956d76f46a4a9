"""The hub's own form of an event, signed by Standard Webhooks 1.0.

For whatever can be taught to send it: an integration platform, a relay of change events, a script.
`{"data": {"entity": "clients", "source_id": "0015..."}}`, or a list of such.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from canonical.entities import ENTITIES, entity_of_path
from sync.connectors.events.notice import Kind, Notice, Unreadable, an_object
from sync.connectors.profile import Profile
from sync.outbound.content.envelope import SECRET_PREFIX, verifies

SIGNATURE: Final = "webhook-signature"


def signed(notice: Notice, secret: str, now: int) -> bool:
    """`webhook-signature` over id, timestamp and body, by a secret `whsec_...`."""
    return secret.startswith(SECRET_PREFIX) and verifies(notice.headers, notice.body, [secret], now)


def named(notice: Notice, profile: Profile) -> Iterator[tuple[str, str]]:
    """Each member of `data`."""
    data = notice.object.get("data")
    for each in data if isinstance(data, list) else [data]:
        said = an_object(each)
        entity, source_id = str(said.get("entity")), said.get("source_id")
        if not isinstance(source_id, str):
            raise Unreadable("A source_id is text.")
        try:
            yield (entity if entity in ENTITIES else entity_of_path(entity)), source_id
        except KeyError:
            raise Unreadable(f"There is no entity {entity[:40]!a}.") from None


KIND: Final = Kind(signed, named, 'Webhook realm="assay"')
