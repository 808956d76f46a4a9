"""The demo: an embedded hub in one folder, filled through the real intake, and two processes.

The folder is all there is of it: database, broker, secret key, logs and `demo.json`, from which
scripts read the address, the sign-in and the credentials.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.management import call_command
from django.db import connections

from mdm import sandbox
from mdm.supervise import Service, Supervisor
from sync import sink
from sync.inbound import demo as firm

Say = Callable[[str], object]
Progress = Callable[[int, int], object]  # records done, records in all

HOST = "127.0.0.1"
SETTINGS_OF_OTHERS = ("ASSAY_DATABASE_URL", "ASSAY_BROKER_URL", "ASSAY_PRODUCTION", "ASSAY_TLS")
READY_WITHIN = 60.0  # seconds

# The record of the third line to paste: as an empty hub takes it, and as the firm's CRM sends it.
CANONICAL_CLIENT = {"legal_name": "Nordlicht Beratung GmbH", "website": "https://nordlicht.example"}
CRM_CLIENT = {"Name": "Nordlicht Beratung GmbH", "Website": "https://nordlicht.example"}


class DemoError(Exception):
    """The demo cannot start; the text says what to do."""


@dataclass(frozen=True)
class Demo:
    """One demo: where it lives and where it listens."""

    folder: Path
    port: int
    empty: bool

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def facts_file(self) -> Path:
        return self.folder / "demo.json"

    def facts(self) -> dict[str, Any] | None:
        """What an earlier run wrote for scripts; none before the first."""
        if not self.facts_file.exists():
            return None
        facts: dict[str, Any] = json.loads(self.facts_file.read_text())
        return facts

    def write_facts(self, facts: dict[str, Any]) -> None:
        """Replace demo.json in one step, readable by this user alone: it holds secrets."""
        draft = self.facts_file.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(facts, indent=2) + "\n")
        draft.replace(self.facts_file)

    def environment(self) -> dict[str, str]:
        """This process's environment, pointed at the demo's own folder and nothing else."""
        kept = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_OTHERS}
        bind = f"{HOST}:{self.port}"
        return {
            **kept,
            "ASSAY_DEMO": "1",
            "ASSAY_VAR_DIR": str(self.folder),
            "ASSAY_BIND": bind,
        }


def reset(demo: Demo) -> None:
    """Remove the folder of an earlier demo, and no other folder."""
    if not demo.folder.exists() or not any(demo.folder.iterdir()):
        return
    if not (demo.folder / "demo.lock").exists():
        raise DemoError(f"{demo.folder} is not the folder of a demo; it is left as it is.")
    lock(demo).close()
    shutil.rmtree(demo.folder)


def lock(demo: Demo) -> IO[str]:
    """Claim the folder for one demo at a time, for as long as the file stays open."""
    demo.folder.mkdir(parents=True, exist_ok=True)
    claim = (demo.folder / "demo.lock").open("w")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        raise DemoError(f"A demo is already running in {demo.folder}.") from None
    return claim


def check_port(demo: Demo) -> None:
    """Refuse a port on which something listens already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, demo.port))
        except OSError as error:
            raise DemoError(
                f"Port {demo.port} cannot be used ({error.strerror}); choose another with --port."
            ) from error


def fill(demo: Demo, progress: Progress) -> dict[str, Any]:
    """Migrate and, once per folder, create users, systems, credentials and the firm's records.

    Loading can be repeated: intake answers "unchanged" to what it already holds, so a run that
    was interrupted is made good by the next.
    """
    call_command("migrate", verbosity=0, interactive=False)
    facts = demo.facts()
    if facts and facts["empty"] != demo.empty:
        holds = "no records" if facts["empty"] else "the demo firm"
        raise DemoError(f"{demo.folder} holds {holds}; add --reset or choose another --dir.")
    if not facts:
        facts = {**firm.prepare(demo.empty), "empty": demo.empty, "loaded": demo.empty}
    facts["base_url"] = demo.base_url
    demo.write_facts(facts)
    if not facts["loaded"]:
        firm.load(progress)
        facts["loaded"] = True
        demo.write_facts(facts)
    if not demo.empty:
        sink.enable(demo.base_url)
    sandbox.keep_beginning()
    connections.close_all()
    return facts


def processes(demo: Demo, say: Say) -> Supervisor:
    """The web processes and one worker that also asks for the sweep."""
    web = [sys.executable, "-m", "gunicorn", "-c", "mdm/gunicorn.conf.py", "mdm.wsgi"]
    quietly = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = [sys.executable, "-m", "celery", "-q", "-A", "mdm", "worker", "-B", *quietly]
    return Supervisor(
        [
            Service("The web process", web, demo.folder / "web.log"),
            Service("The worker", worker, demo.folder / "worker.log"),
        ],
        say,
    )


def wait_until_ready(demo: Demo, supervisor: Supervisor) -> None:
    """Return when /health/ready answers 200, or when someone asks to stop."""
    deadline = time.monotonic() + READY_WITHIN
    while not supervisor.stopping and not is_ready(demo):
        if time.monotonic() > deadline:
            raise DemoError(f"Not ready after {READY_WITHIN:.0f} s; see the logs in {demo.folder}.")
        supervisor.tend()
        time.sleep(0.2)


def is_ready(demo: Demo) -> bool:
    connection = http.client.HTTPConnection(HOST, demo.port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(demo: Demo, facts: dict[str, Any]) -> str:
    """What a person reads when the demo is up: where, who, and three lines to paste."""
    admin, key = facts["admin"], facts["credentials"]["integrator"]
    url, bearer = demo.base_url, '-H "Authorization: Bearer $TOKEN"'
    record = f"{url}/api/v1/systems/crm/clients/first-steps-1"
    body = json.dumps({"data": CANONICAL_CLIENT if demo.empty else CRM_CLIENT})
    reader = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])'"
    return f"""
Assay is up at {url}/
Sign in as {admin["username"]} with {admin["password"]}
All of it is in {demo.folder} (demo.json, web.log, worker.log). Ctrl-C stops it.
POST {url}/api/v1/sandbox/reset puts it back to how it is now.

Paste these:
TOKEN=$(curl -s -d grant_type=client_credentials \
  -u '{key["client_id"]}:{key["client_secret"]}' {url}/oauth/token/ | {reader})
curl -s {bearer} '{url}/api/v1/clients?limit=3'
curl -s {bearer} -X PUT -H 'Content-Type: application/json' -d '{body}' {record}
"""
