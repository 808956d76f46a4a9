"""Tryton 8.0 over JSON-RPC: clients, resources, contracts, engagements and billing schedules."""

from sync.connectors.tryton.connector import Tryton

__all__ = ["Tryton"]
