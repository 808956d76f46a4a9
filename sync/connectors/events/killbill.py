"""Kill Bill's push notifications: one event a request, repeated until it is answered with 2xx.

`{"eventType": ..., "accountId": ..., "objectType": "ACCOUNT", "objectId": ...}`; they carry no
signature, so the secret stands in the address that is registered (`?key=`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sync.connectors.events.notice import Kind, Notice, entities_of, keyed
from sync.connectors.profile import Profile


def named(notice: Notice, profile: Profile) -> Iterator[tuple[str, str]]:
    """The account, and the object if the hub knows its kind."""
    event = notice.object
    kind = str(event.get("objectType") or "").lower()
    for name, source_id in {("account", event.get("accountId")), (kind, event.get("objectId"))}:
        if isinstance(source_id, str):
            yield from ((entity, source_id) for entity in entities_of(profile, name))


KIND: Final = Kind(keyed, named, 'Key realm="assay"')
