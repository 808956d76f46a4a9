"""Many callers at the same moment, each with its own connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def together(jobs: Sequence[Callable[[], T]], threads: int) -> list[T]:
    """Run the jobs from a queue in threads that begin at once; raises what any of them raised."""
    waiting: SimpleQueue[Callable[[], T]] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    gate = threading.Barrier(threads)

    def run() -> list[T]:
        done = []
        gate.wait()
        try:
            while True:
                done.append(waiting.get_nowait()())
        except Empty:
            return done
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        runs = [pool.submit(run) for _ in range(threads)]
        return [result for each in runs for result in each.result()]


def deadlocks() -> int:
    """How many transactions of this database were ended by a deadlock so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        count: int = cursor.fetchone()[0]
        return count
