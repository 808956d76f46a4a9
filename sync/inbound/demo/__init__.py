"""The demo firm moves in: `prepare` makes room for it, `load` brings its records."""

from sync.inbound.demo.records import load
from sync.inbound.demo.setup import prepare

__all__ = ["load", "prepare"]
