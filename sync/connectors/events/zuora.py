"""Zuora's callouts: what their template says, over basic authentication.

The template's body is `{"AccountId": "<Account.Id>"}`; of another object, `{"ContractId": ...}`.
Zuora asks without a credential first and sends it once it was answered 401, takes 200 alone for
success, and promises no order.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Final

from sync.connectors.events.notice import Kind, Notice, entities_of, same
from sync.connectors.profile import Profile


def signed(notice: Notice, secret: str, now: int) -> bool:
    """By basic authentication: the secret is `user:password`, and the form of it is RFC 7617's."""
    scheme, _, given = notice.headers.get("authorization", "").partition(" ")
    expected = base64.b64encode(secret.encode()).decode()
    return scheme.lower() == "basic" and same(given.strip(), expected)


def named(notice: Notice, profile: Profile) -> Iterator[tuple[str, str]]:
    """Every member that ends in `Id` and begins with the name of an object."""
    for name, source_id in notice.object.items():
        if name.endswith("Id") and isinstance(source_id, str):
            kind = name.removesuffix("Id").lower()
            yield from ((entity, source_id) for entity in entities_of(profile, kind))


KIND: Final = Kind(signed, named, 'Basic realm="assay"')
