"""The console's pages of the two doors: what comes in, by which mapping, and what goes out."""

from sync.admin import inbound, outbound

__all__ = ["inbound", "outbound"]
