from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mdm.supervise import GaveUpError, Service, Supervisor

# A service with a child of its own, as a web server has: both must be gone afterwards.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _restore_signals() -> object:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited 20 s in vain"
        time.sleep(0.02)


def exists(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not yet collected does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def pids(service: Service) -> list[int]:
    return [int(pid) for pid in service.log.read_text().split()]


def service(folder: Path, code: str) -> Service:
    return Service("It", [sys.executable, "-c", code], folder / "log")


def test_what_dies_is_started_again_and_its_group_with_it(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([service(tmp_path, PARENT)], said.append)
    supervisor.start()
    it = supervisor.services[0]
    try:
        eventually(lambda: len(pids(it)) == 2)
        first, orphan = pids(it)
        os.kill(first, signal.SIGKILL)
        eventually(it.is_dead)
        supervisor.tend()

        eventually(lambda: len(pids(it)) == 4)
        assert said == ["It died and is started again."]
        eventually(lambda: not exists(orphan))
    finally:
        supervisor.stop()
    eventually(lambda: not any(map(exists, pids(it))))


def test_a_signal_ends_the_run(tmp_path: Path) -> None:
    supervisor = Supervisor([service(tmp_path, PARENT)], lambda text: None)
    supervisor.start()
    os.kill(os.getpid(), signal.SIGTERM)
    supervisor.run()
    supervisor.stop()

    assert supervisor.services[0].is_dead()


def test_what_never_stays_up_is_given_up(tmp_path: Path) -> None:
    supervisor = Supervisor([service(tmp_path, "raise SystemExit('no')")], lambda text: None)
    supervisor.start()
    with pytest.raises(GaveUpError, match="does not stay up"):
        supervisor.run()
