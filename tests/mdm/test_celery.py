"""The worker as it is started, on the embedded broker and on Redis."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from mdm import services
from mdm.celery import app
from mdm.environment import broker_options

NOBODY_THERE = "redis://127.0.0.1:1/0"
RING = """
import sys
from mdm.celery import app
app.send_task("mdm.sweep", expires=30, retry=False)
"""
WORKER = """
import os
from celery import signals
from mdm.celery import app

@signals.task_success.connect
def stop(**_):
    print("swept", flush=True)
    os._exit(0)

app.worker_main(["-q", "worker", "--pool", "solo", "--without-gossip", "--without-mingle"])
"""


def environment(folder: Path, broker: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "mdm.settings",
        "ASSAY_VAR_DIR": str(folder),
        "ASSAY_DATABASE_URL": f"sqlite:///{folder}/hub.sqlite3",
        "ASSAY_BROKER_URL": broker,
    }


@pytest.mark.parametrize(
    "broker", ["folder://localhost", pytest.param(services.REDIS_URL, marks=pytest.mark.redis)]
)
def test_a_hint_reaches_a_worker(tmp_path: Path, broker: str) -> None:
    shared: dict[str, Any] = {"cwd": settings.BASE_DIR, "env": environment(tmp_path, broker)}
    subprocess.run([sys.executable, "-c", RING], check=True, **shared)
    worker = subprocess.run(
        [sys.executable, "-c", WORKER], check=True, capture_output=True, timeout=60, **shared
    )

    assert worker.stdout == b"swept\n"


def test_a_publisher_tries_a_broker_that_is_away_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    class CountedSocket(socket.socket):
        def connect(self, address: Any) -> None:
            tries.append(1)
            super().connect(address)

    monkeypatch.setattr(socket, "socket", CountedSocket)
    publisher = Celery("elsewhere", broker=NOBODY_THERE)
    publisher.conf.broker_transport_options = broker_options(NOBODY_THERE)

    with pytest.raises(OperationalError):
        publisher.send_task("mdm.sweep", retry=False)
    assert len(tries) == 1


def test_nothing_is_asked_of_celery_but_waking() -> None:
    assert app.conf.task_ignore_result
    assert not app.conf.task_acks_late
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.accept_content == ["json"]
    assert app.conf.result_backend is None
