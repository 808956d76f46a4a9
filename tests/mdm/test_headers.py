from __future__ import annotations

import pytest
from django.test import Client

from mdm.headers import policy_for


@pytest.mark.parametrize("path", ["/", "/health/live", "/api/v1/clients", "/api/docs/"])
def test_only_our_own_scripts_run(path: str) -> None:
    assert "script-src 'self';" in policy_for(path)


def test_the_admin_theme_may_evaluate_and_style(client: Client) -> None:
    policy = policy_for("/admin/canonical/")

    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "style-src 'self' 'unsafe-inline';" in policy


@pytest.mark.parametrize("path", ["/", "/admin/", "/api/docs/", "/api/redoc/", "/api/v1/clients"])
def test_nothing_comes_from_elsewhere_and_nobody_frames_us(path: str) -> None:
    policy = policy_for(path)

    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy


def test_every_answer_carries_them(client: Client) -> None:
    headers = client.get("/no/such/page").headers

    assert headers["Content-Security-Policy"] == policy_for("/no/such/page")
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
