"""The plainest target: one signed POST a message (Standard Webhooks)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.utils import timezone

from sync import egress
from sync.models import Subscription
from sync.outbound import crash, envelope
from sync.outbound.envelope import Message
from sync.outbound.retry import Answer


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


def secrets_of(subscription: Subscription) -> list[str]:
    """The secrets that sign now: the present one, and the replaced one while it still counts."""
    until = subscription.previous_secret_until
    rotating = bool(subscription.previous_secret and until and until > timezone.now())
    return [subscription.secret, *([subscription.previous_secret] if rotating else [])]


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
