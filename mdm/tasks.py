"""What beat asks for."""

from __future__ import annotations

from celery import shared_task

from mdm import sweep


@shared_task(name="mdm.sweep")
def run_sweep() -> None:
    """Look at everything that is due, whether or not a hint announced it."""
    sweep.run()
