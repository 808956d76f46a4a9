"""The callers of the read API's tests, here too."""

from tests.canonical.api.conftest import _fresh_rate_limits, caller

__all__ = ["_fresh_rate_limits", "caller"]
