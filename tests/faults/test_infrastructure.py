"""F2-F6: the web process, the database's connections, the database and the broker fail."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.db import close_old_connections, connection, connections
from django.test import Client

from canonical.models import Change, Golden, SourceVersion
from sync.models import Lane
from sync.outbound import sweep, wake
from sync.outbound.delivery.deliver import drain
from sync.torture import cluster
from sync.torture.receiver import Receiver
from tests.canonical.api.conftest import Caller, caller  # noqa: F401 (a fixture)
from tests.factories import processes, targets
from tests.factories.hub import assert_sound

URL = "/api/v1/systems/crm/clients/{}"
PUT = """
from canonical import access
from sync.inbound.arrivals import Item
from sync.inbound.receive import receive
data = {"legal_name": "Acme Mining", "website": "https://acme.example"}
receive(access.of_hub("test"), "crm", "client", [Item("1", data)])
"""


def body(name: str = "Acme Mining", website: str = "https://acme.example") -> dict[str, Any]:
    return {"data": {"legal_name": name, "website": website}}


def put(client: Client, source_id: str, sent: dict[str, Any]) -> Any:
    return client.put(URL.format(source_id), sent, content_type="application/json")


def put_until_acknowledged(client: Client, source_id: str, sent: dict[str, Any]) -> Any:
    """Repeat as a client does: only while the hub says that it could not, and when to come back."""
    for _ in range(100):
        close_old_connections()  # as every request of a real server begins
        answer = put(client, source_id, sent)
        if answer.status_code < 300:
            return answer
        assert answer.status_code == 503, answer.content
        assert int(answer["Retry-After"]) > 0
    raise AssertionError("never acknowledged")


POINTS = ["received", "locked", "stored", "linked", "recomputed", "before_commit"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", [*POINTS, "committed"])
def test_f2_a_web_process_killed_in_a_request_leaves_all_or_nothing(
    caller: Caller,  # noqa: F811
    point: str,
) -> None:
    client = caller("ingest")
    assert processes.run(PUT, ASSAY_CRASH_AT=point) == processes.KILLED
    done = int(point == "committed")
    for model in (Change, Golden, SourceVersion):
        assert model.objects.count() == done, model
    answer = put(client, "1", body())
    assert answer.json()["outcome"] == ("unchanged" if done else "created")
    assert Change.objects.count() == 1
    assert_sound()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f3_connections_cut_in_the_middle_are_told_and_lose_nothing(
    caller: Caller,  # noqa: F811
) -> None:
    client, stop, chance = caller("ingest"), threading.Event(), random.Random(3)
    put(client, "0", body())

    def cut() -> None:
        try:
            while not stop.wait(chance.uniform(0.05, 0.6)):
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
        finally:
            connections.close_all()

    nemesis = threading.Thread(target=cut)
    nemesis.start()
    try:
        answers = [
            put_until_acknowledged(client, str(n % 5), body(website=f"https://v{n}.example"))
            for n in range(25)
        ]
    finally:
        stop.set()
        nemesis.join()
    connections.close_all()
    journaled = {
        (str(golden), version)
        for golden, version in Change.objects.values_list("golden_id", "version")
    }
    for answer in answers:
        golden = answer.json()["golden"]
        assert (golden["id"], golden["version"]) in journaled
    assert_sound()


class SwallowedCommit:
    """Between the hub and PostgreSQL: passes everything on, and loses the first commit's answer."""

    def __init__(self, host: str, port: int) -> None:
        self.upstream, self.lost = (host, port), False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            theirs = socket.create_connection(self.upstream)
            for pair in ((ours, theirs, False), (theirs, ours, True)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with source, sink:
            try:
                while data := source.recv(65536):
                    if answers and not self.lost and b"COMMIT\0" in data:
                        self.lost = True  # the database has done it, and nobody will know
                        sink.shutdown(socket.SHUT_RDWR)
                        return
                    sink.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._listener.close()


@contextmanager
def through(proxy: SwallowedCommit) -> Iterator[None]:
    options = connections["default"].settings_dict
    direct = {name: options[name] for name in ("HOST", "PORT")}
    connections["default"].close()
    options.update(HOST="127.0.0.1", PORT=proxy.port)
    try:
        yield
    finally:
        connections["default"].close()
        options.update(direct)
        proxy.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_f4_a_commit_whose_answer_is_lost_is_repeated_to_one_change(
    caller: Caller,  # noqa: F811
) -> None:
    client = caller("ingest")
    put(client, "0", body("Warm Ltd", "https://warm.example"))
    options = connections["default"].settings_dict
    proxy = SwallowedCommit(options["HOST"] or "127.0.0.1", int(options["PORT"] or 5432))
    with through(proxy):
        first = put(client, "1", body())
    assert proxy.lost
    assert (first.status_code, first["Content-Type"]) == (503, "application/problem+json")
    assert first["Retry-After"]
    again = put(client, "1", body())
    assert again.json()["outcome"] == "unchanged"
    golden = again.json()["golden"]["id"]
    assert Change.objects.filter(golden=golden).count() == 1
    assert_sound()


def test_f5_a_database_that_crashes_keeps_what_was_acknowledged() -> None:
    """On a PostgreSQL of its own, which is stopped like by a power cut while all write."""
    if cluster.binaries() is None:
        pytest.skip("needs PostgreSQL's server: no initdb and pg_ctl here")
    environment = {**os.environ, "ASSAY_NO_BOOTSTRAP": "1"}
    command = ["manage.py", "torture", "--kills", "8", "--crash-postgres"]
    run = processes.call(command, env=environment, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis of one's own, and hints published to it."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    application = current_app._get_current_object()
    monkeypatch.setattr(application.conf, "broker_url", url)
    monkeypatch.setattr(application.conf, "broker_write_url", url)
    monkeypatch.setattr(wake, "GAP", 0)
    application.pool.force_close_all()
    for _ in range(100):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield process
    process.kill()
    process.wait()
    application.pool.force_close_all()


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fate", ["wiped", "gone"])
def test_f6_a_broker_that_forgets_or_is_gone_delays_and_loses_nothing(
    caller: Caller,  # noqa: F811
    receiver: Receiver,
    broker: subprocess.Popen[bytes],
    fate: str,
) -> None:
    client, target = caller("ingest"), targets.subscription(receiver)
    assert put(client, "1", body()).status_code == 201
    if fate == "wiped":
        with current_app.connection_for_write() as held:
            assert held.default_channel.client.flushall()
    else:
        broker.kill()
        broker.wait()
    assert put(client, "2", body("Other Ltd", "https://other.example")).status_code == 201
    assert Lane.objects.count() == 0
    sweep.run()
    drain(target.pk)
    assert targets.at_rest(target)
    assert len(receiver.truth.versions) == Lane.objects.count() == 2
