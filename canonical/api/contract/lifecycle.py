"""How something leaves the API: announced in every answer before it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when it should not be used (RFC 9745), until when it works (RFC 8594), and why."""

    since: datetime
    sunset: datetime
    link: str

    def headers(self) -> dict[str, str]:
        """The three headers of every answer of a deprecated operation."""
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": format_datetime(self.sunset.astimezone(UTC), usegmt=True),
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }
