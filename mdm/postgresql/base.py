"""The database backend that settings name: Django's, with a health check that asks no one."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper for PostgreSQL."""

    def is_usable(self) -> bool:
        """Whether the connection still stands.

        A server that ends a connection says so on its socket. So a silent socket needs no question,
        which would cost every request a round trip; anything else is asked as Django asks.
        """
        held = self.connection
        if held is None or held.closed:
            return False
        idle = held.pgconn.transaction_status == TransactionStatus.IDLE
        return (idle and _silent(held.fileno())) or bool(super().is_usable())


def _silent(socket: int) -> bool:
    """Whether nothing has come that was not read yet, the end included."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return not poll.poll(0)
