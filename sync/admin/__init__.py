"""The console's pages of the two doors: what comes in, by which mapping, and what goes out."""

from sync.admin import agreement, compensation, connections, inbound, outbound

__all__ = ["agreement", "compensation", "connections", "inbound", "outbound"]
