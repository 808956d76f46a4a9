"""The fixtures of the small firm."""

from tests.factories.firm import firm, sign_in

__all__ = ["firm", "sign_in"]
