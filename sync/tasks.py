"""What hints and beat ask for; arguments are ids, and running one twice does nothing twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from sync.inbound import hints as noted
from sync.inbound import remapping as renewed
from sync.inbound import submissions, uploads
from sync.outbound import sweep
from sync.outbound.delivery import deliver
from sync.reconciliation import runs


@shared_task(name="sync.fan_out", ignore_result=True)
def fan_out() -> None:
    """Give committed changes their position and wake the deliveries they lead to."""
    sweep.announce()


@shared_task(name="sync.drain", ignore_result=True)
def drain(subscription: str) -> None:
    """Deliver what is due to one subscription."""
    deliver.drain(UUID(subscription))


@shared_task(name="sync.submission", ignore_result=True)
def submission(id: str) -> None:
    """Work a batch off that is answered later."""
    submissions.work_one(UUID(id))


@shared_task(name="sync.upload", ignore_result=True)
def upload(id: str) -> None:
    """Rehearse, load or take back a file that a person brought."""
    uploads.work_one(UUID(id))


@shared_task(name="sync.remapping", ignore_result=True)
def remapping() -> None:
    """Map again what systems sent before their mapping changed."""
    renewed.work_off()


@shared_task(name="sync.hints", ignore_result=True)
def hints() -> None:
    """Read again what systems spoke of."""
    noted.work_off()


@shared_task(name="sync.reconciliation", ignore_result=True)
def reconciliation(id: str) -> None:
    """Compare one target with what it should hold."""
    runs.work(UUID(id))
