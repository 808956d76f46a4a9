"""What a person meets who starts the demo for the first time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import Demo


def eventually_says(demo: Demo, words: str) -> str:
    deadline = time.monotonic() + 60
    while words not in demo.said():
        assert time.monotonic() < deadline, demo.said()
        time.sleep(0.05)
    return demo.said()


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_lines_to_paste_work_and_what_dies_comes_back(empty_demo: Demo) -> None:
    said = eventually_says(empty_demo, "first-steps-1")
    pasted = said.split("Paste these:\n")[1].replace("curl -s -H", "echo; curl -s -H")

    done = subprocess.run(["bash", "-ec", pasted], capture_output=True, text=True, check=True)

    listed, put = (json.loads(line) for line in done.stdout.strip().splitlines())
    assert listed["results"] == []
    assert put["outcome"] == "created"

    resets(empty_demo, put["golden"]["url"])
    for service in ("gunicorn", "celery"):
        os.kill(child(empty_demo, service), signal.SIGKILL)
    eventually_says(empty_demo, "The web process died and is started again.")
    eventually_says(empty_demo, "The worker died and is started again.")
    still = httpx.Client(timeout=60, transport=httpx.HTTPTransport(retries=10))
    assert still.get(f"{empty_demo.base_url}/health/live").status_code == 200
    still.close()


def resets(demo: Demo, record: str) -> None:
    """One call puts the sandbox back; the token stays good, the cursors of before do not."""
    key = demo.facts["credentials"]["integrator"]
    with httpx.Client(base_url=demo.base_url, timeout=60) as hub:
        granted = hub.post(
            "/oauth/token/",
            data={"grant_type": "client_credentials"},
            auth=(key["client_id"], key["client_secret"]),
        )
        hub.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        cursor = hub.get("/api/v1/changes").json()["next_cursor"]
        for timeline in (1, 2):
            answer = hub.post("/api/v1/sandbox/reset")
            assert answer.json() == {"golden_records": 0, "timeline": timeline}
        assert hub.get(record).status_code == 404
        assert hub.get("/api/v1/changes", params={"after": cursor}).status_code == 410
        again = hub.put(
            "/api/v1/systems/crm/clients/first-steps-1", json={"data": {"legal_name": "Acme"}}
        )
        assert again.json()["outcome"] == "created"


def child(demo: Demo, module: str) -> int:
    """The process of one service of this demo, which is told by its folder."""
    mine = f"ASSAY_VAR_DIR={demo.folder}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().decode().split("\0")
            if arguments[1:3] == ["-m", module] and mine in (process / "environ").read_bytes():
                return os.getpgid(int(process.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    raise AssertionError(f"{module} does not run")
