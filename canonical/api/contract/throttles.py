"""Rate limits per credential, told in every answer (draft-ietf-httpapi-ratelimit-headers).

Counted in the cache: shared by all web processes with Redis, per process without it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from canonical.api.contract.problems import Problem

log = structlog.get_logger(__name__)

WINDOW_SECONDS: Final = 60
DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one caller has left in the present minute."""

    policy: str
    quota: int
    used: int
    resets_in: int

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`."""
        left = max(0, self.quota - self.used)
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.policy}";r={left};t={self.resets_in}',
        }

    def enforce(self) -> None:
        """429 when the quota is spent."""
        if self.used > self.quota:
            headers = {**self.headers(), "Retry-After": str(self.resets_in)}
            detail = f"More than {self.quota} requests in a minute."
            raise Problem("rate-limited", detail, headers=headers)


def spend(policy: str, caller: str) -> Allowance:
    """Count one request of this caller under a policy of `settings.ASSAY_RATE_LIMITS`."""
    now = int(time.time())
    window, elapsed = divmod(now, WINDOW_SECONDS)
    used = _count(f"rate:{policy}:{caller}:{window}")
    return Allowance(policy, settings.ASSAY_RATE_LIMITS[policy], used, WINDOW_SECONDS - elapsed)


def take_rows(caller: str, rows: int) -> None:
    """Count the rows of a page; 429 for the first page after the day's quota was spent."""
    day, elapsed = divmod(int(time.time()), DAY_SECONDS)
    quota, used = settings.ASSAY_ROWS_A_DAY, _count(f"rows:{caller}:{day}", rows, DAY_SECONDS)
    if used - rows >= quota:
        log.warning("row_quota_spent", caller=caller, quota=quota)
        headers = {"Retry-After": str(DAY_SECONDS - elapsed)}
        raise Problem("rate-limited", f"More than {quota:,} rows in a day.", headers=headers)


def _count(key: str, amount: int = 1, seconds: int = WINDOW_SECONDS) -> int:
    try:
        return _increment(key, amount, seconds)
    except (RedisError, OSError):
        # Without its counters the hub still answers: a limit protects, it must not stop.
        return 0


def _increment(key: str, amount: int, seconds: int) -> int:
    try:
        return cache.incr(key, amount)
    except ValueError:
        # add, not set: two first requests at once must both count.
        cache.add(key, 0, timeout=2 * seconds)
        return cache.incr(key, amount)


def address(request: HttpRequest) -> str:
    """The peer's address; a forwarded header would let anyone choose their own."""
    return str(request.META.get("REMOTE_ADDR", ""))
