"""F71: which signatures a receiver may believe."""

from __future__ import annotations

import time

import pytest

from sync.outbound.content import envelope
from sync.outbound.subscriptions import new_secret

NOW = 1_770_000_000
BODY = b'{"subject": "1"}'
OURS, OLD, OTHERS = (new_secret() for _ in range(3))


def signed(*secrets: str, body: bytes = BODY, at: int = NOW) -> dict[str, str]:
    return envelope.signature_headers("msg-1", body, secrets, at)


@pytest.mark.parametrize(
    ("headers", "believed"),
    [
        (signed(OURS), True),
        (signed(OTHERS), False),
        (signed(OURS, body=b"{}"), False),
        (signed(OURS, at=NOW - 301), False),
        (signed(OURS, at=NOW + 301), False),
        (signed(OURS, at=NOW - 299), True),
        ({**signed(OURS), "webhook-id": "msg-2"}, False),
        ({**signed(OURS), "webhook-timestamp": str(NOW + 1)}, False),
        ({**signed(OURS), "webhook-timestamp": "soon"}, False),
        ({**signed(OURS), "webhook-signature": ""}, False),
        ({**signed(OURS), "webhook-signature": "v1,Zm9yZ2Vk"}, False),
        ({}, False),
        (signed(OLD, OURS), True),  # while one secret follows another, both sign
        (signed(OTHERS, OURS), True),
    ],
)
def test_f71_only_our_own_recent_signature_is_believed(
    headers: dict[str, str], believed: bool
) -> None:
    assert envelope.verifies(headers, BODY, [OURS], NOW) is believed


def test_f71_a_receiver_that_knows_both_secrets_believes_either() -> None:
    now = int(time.time())
    for secret in (OURS, OLD):
        assert envelope.verifies(signed(secret, at=now), BODY, [OURS, OLD], now)
