"""F72: what a target answers may hold what nobody should keep."""

from __future__ import annotations

import pytest

from sync.outbound.answers.redaction import redact


@pytest.mark.parametrize(
    "body",
    [
        '{"access_token": "canary-1"}',
        '{"client_secret":"canary-1", "x": 1}',
        "{'password': 'canary-1'}",
        "Authorization: Bearer canary-1",
        "api_key=canary-1&x=2",
        "Set-Cookie: canary-1",
        "you sent whsec_canary-1",
        '{"iban": "canary-1"}',
        '{"token": "canary-1',
    ],
)
def test_secrets_are_blacked_out(body: str) -> None:
    assert "canary-1" not in redact(body.encode())


def test_the_rest_is_kept() -> None:
    assert redact(b'{"error": "name is too long", "line": 3}') == (
        '{"error": "name is too long", "line": 3}'
    )
    assert len(redact(b"x" * 10_000)) == 4096
    assert "\x00" not in redact(b"a\x00b\xff")
