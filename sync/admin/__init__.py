"""The console's pages of the two doors: what comes in, by which mapping, and what goes out."""

from sync.admin import connections, inbound, outbound

__all__ = ["connections", "inbound", "outbound"]
