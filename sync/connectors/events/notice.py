"""An event as it arrived, and what a kind of event has to say of it."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from canonical.api.contract.strict_json import MalformedJson, parse
from sync.connectors.profile import Profile

TOLERANCE: Final = 300  # seconds that a signed moment may be away


class Unreadable(ValueError):
    """The event was proved and makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A request; `url` is the whole address it was sent to, names of `headers` are small."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; raises Unreadable."""
        try:
            return parse(self.body)
        except MalformedJson as error:
            raise Unreadable(f"The event is no JSON: {error.fault.detail}") from None

    @property
    def object(self) -> dict[str, Any]:
        """The body as a JSON object; raises Unreadable."""
        return an_object(self.json)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sender has to be answered, where it insists on something."""

    media: str
    body: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to send events.

    `signed(notice, secret, now)` says whether the secret proves it, `named(notice, profile)` which
    records it speaks of: names of the profile's entities with ids. `challenge` is what an event
    without proof is answered with.
    """

    signed: Callable[[Notice, str, int], bool]
    named: Callable[[Notice, Profile], Iterable[tuple[str, str]]]
    challenge: str
    reply: Reply | None = field(default=None)


def an_object(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object; raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable("The event is not a JSON object.")
    return value


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal; how long it takes tells nothing."""
    return hmac.compare_digest(given.encode(), expected.encode())


def keyed(notice: Notice, secret: str, now: int) -> bool:
    """For senders that can sign nothing: the secret is the parameter `key` of their address."""
    return same(notice.query.get("key", ""), secret)


def entities_of(profile: Profile, *names: str) -> list[str]:
    """The entities whose object in the system goes by one of these names."""
    return [entity for entity, thing in profile.objects.items() if thing.name in names]
