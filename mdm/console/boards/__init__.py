"""The boards: how the targets are served, how right matching is, how complete the records are.

Readiness, approvals and what-if will be tabs beside these.
"""

from mdm.console.boards.completeness import completeness_board
from mdm.console.boards.matching import matching_board
from mdm.console.boards.sync import sync_board

__all__ = ["completeness_board", "matching_board", "sync_board"]
