"""The plainest target: one signed POST a message (Standard Webhooks), and its read-back.

A target may offer an address that tells what it holds (docs/integrator-guide.md, "Reading back"):
GET ?entity=client&limit=20[&after=cursor][&subject=id...], signed as a message whose body is the
request's path and query, answered by {"records": [{subject, recordversion, active, data}], "next"}.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.utils import timezone

from sync import egress
from sync.models import Subscription
from sync.outbound import crash
from sync.outbound.answers.retry import Answer
from sync.outbound.content import envelope
from sync.outbound.content.envelope import Message


class Webhook:
    """Sends to one subscription's address; safe to share between threads."""

    batch = 1

    def __init__(self, subscription: Subscription, client: egress.Client) -> None:
        self._url = subscription.url
        self._secrets = secrets_of(subscription)
        self._client = client

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        """One answer per message, in order; a failure is an answer too."""
        return [self._send(message) for message in messages]

    def _send(self, message: Message) -> Answer:
        headers = envelope.signed(message, self._secrets, int(time.time()))
        started = time.monotonic()
        crash.point("before_send")
        try:
            reply = self._client.post(self._url, message.body, headers)
        except (egress.Refused, egress.Unreachable) as error:
            return Answer(error=str(error), milliseconds=_since(started))
        crash.point("after_send")
        return Answer(reply.status, reply.headers, reply.body, milliseconds=_since(started))


@dataclass(frozen=True, slots=True)
class Held:
    """What the target says it holds of one record."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True
    version: str = ""
    source_id: str = ""


class Unreadable(egress.Unreachable):
    """The read-back address answered something else than its contract says."""


class ReadBack:
    """Reads what a webhook's target holds, a page at a time."""

    def __init__(self, subscription: Subscription, client: egress.Client) -> None:
        self._url = subscription.read_url
        self._secrets = secrets_of(subscription)
        self._client = client

    def projection(self, message: Message) -> Mapping[str, Any]:
        """The record as the target was told; what only a delivery says of itself is left out."""
        told = json.loads(message.body)["data"]
        return {name: value for name, value in told.items() if name not in NOT_COMPARED}

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the target holds, of these golden ids or of all."""
        query = [("entity", entity), ("limit", str(PAGE))]
        query += [("subject", subject) for subject in source_ids or ()]
        after: str | None = ""
        while after is not None:
            page = self._page([*query, *([("after", after)] if after else [])])
            yield from (self._held(record) for record in page["records"])
            after = page.get("next")

    def _page(self, query: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
        parts = urlsplit(self._url)
        asked = "&".join(filter(None, [parts.query, urlencode(query)]))
        target = f"{parts.path or '/'}?{asked}"
        headers = envelope.signature_headers(
            str(uuid.uuid4()), target.encode(), self._secrets, int(time.time())
        )
        url = parts._replace(query=asked, path=parts.path or "/").geturl()
        reply = self._client.request("GET", url, b"", headers)
        if reply.status != 200:
            raise Unreadable(f"the read-back address answered {reply.status}")
        try:
            page = json.loads(reply.body)
            return {"records": list(page["records"]), "next": page.get("next")}
        except (ValueError, TypeError, KeyError):
            raise Unreadable("the read-back address answered no page of records") from None

    @staticmethod
    def _held(record: Mapping[str, Any]) -> Held:
        try:
            version = int(record["recordversion"]) % envelope.TIMELINE_STEP
            values = {n: v for n, v in record["data"].items() if n not in NOT_COMPARED}
            return Held(str(record["subject"]), values, bool(record["active"]), str(version))
        except (TypeError, KeyError, ValueError, AttributeError):
            raise Unreadable("the read-back address answered a record without its parts") from None


PAGE: Final = 20  # what is read of one answer holds that many
NOT_COMPARED: Final = envelope.BESIDE | {"target", "id", "entity"}


def secrets_of(subscription: Subscription) -> list[str]:
    """The secrets that sign now: the present one, and the replaced one while it still counts."""
    until = subscription.previous_secret_until
    rotating = bool(subscription.previous_secret and until and until > timezone.now())
    return [subscription.secret, *([subscription.previous_secret] if rotating else [])]


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
