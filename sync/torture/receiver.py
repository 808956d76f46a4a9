"""A receiver as a target should be, and as targets are: it applies each message once, and fails.

It is the truth of the ledger check: which ids had an effect, how often, and whether an older
version ever landed after a newer one.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock, Thread
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the receiver does with one message: apply it or not, then answer in some way.

    `manner` is plain, reset (close the connection without an answer), half (of the body) or slow
    (one byte every `pause` seconds).
    """

    status: int = 200
    applies: bool = True
    manner: str = "plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    pause: float = 0.0


OK: Final = Reaction()
#: The share of messages each misbehaviour gets; the rest is taken well.
FAULTS: Final = (
    (0.05, Reaction(500, applies=False)),
    (0.03, Reaction(429, applies=False, headers={"Retry-After": "1"})),
    (0.02, Reaction(applies=False, manner="reset")),
    (0.04, Reaction(manner="reset")),  # applied, and the acknowledgement lost
    (0.015, Reaction(pause=0.3)),
    (0.015, Reaction(applies=False, body=b"<html>Please sign in</html>")),
    (0.01, Reaction(manner="half")),
)


def chaos(seed: int) -> Callable[[Received], Reaction]:
    """A behaviour that draws its faults from a seeded sequence."""
    random, lock = Random(seed), Lock()  # noqa: S311 (a fault, not a secret)

    def behave(_: Received) -> Reaction:
        with lock:
            drawn = random.random()
        for share, reaction in FAULTS:
            if drawn < share:
                return reaction
            drawn -= share
        return OK

    return behave


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The CloudEvent."""
        return cast(dict[str, Any], json.loads(self.body))


@dataclass
class Truth:
    """What the receiver holds per path: effects by id, the version of each record."""

    effects: Counter[tuple[str, str]] = field(default_factory=Counter)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    data: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    older_after_newer: int = 0
    requests: int = 0

    def apply(self, received: Received, *, guarded: bool = True) -> None:
        """The receiver's rule: a known id or an older version changes nothing."""
        event = received.event
        record = (received.path, event["subject"])
        identity = (received.path, received.headers["webhook-id"])
        older = event["recordversion"] <= self.versions.get(record, -1)
        if guarded and (self.effects[identity] or older):
            self._restore(received, record)
            return
        self.older_after_newer += older and not self.effects[identity]
        self.effects[identity] += 1
        self.versions[record] = event["recordversion"]
        self.data[record] = event.get("data", {})

    def _restore(self, received: Received, record: tuple[str, str]) -> None:
        """What the hub sends again stands anew where nothing newer is held; no new effect."""
        event = received.event
        again = received.headers.get("x-assay-resend") == "true"
        if again and event["recordversion"] >= self.versions.get(record, -1):
            self.data[record] = event["data"]

    def page(self, path: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """What is held, as the contract of reading back says."""
        entity, after = query["entity"][0], query.get("after", [""])[0]
        wanted = query.get("subject", [])
        subjects = sorted(
            subject
            for (at, subject), data in self.data.items()
            if at == path and data["entity"] == entity and subject > after
            if not wanted or subject in wanted
        )
        limit = int(query["limit"][0])
        records = [self._told(path, subject) for subject in subjects[:limit]]
        return {"records": records, "next": subjects[limit - 1] if subjects[limit:] else None}

    def _told(self, path: str, subject: str) -> dict[str, Any]:
        data = self.data[path, subject]
        return {
            "subject": subject,
            "recordversion": self.versions[path, subject],
            "active": data.get("state") == "active",
            "data": data,
        }


class Receiver:
    """An HTTP server on this machine that behaves as it is told; a context manager."""

    def __init__(
        self,
        behave: Callable[[Received], Reaction] = lambda _: OK,
        *,
        guarded: bool = True,
        port: int = 0,
    ) -> None:
        self.behave, self.guarded = behave, guarded
        self.truth, self.received = Truth(), list[Received]()
        self.keep = True
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.owner = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address of the receiver; any path below it is a target of its own."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, received: Received) -> Reaction:
        """Note the request and decide what becomes of it."""
        reaction = self.behave(received)
        with self._lock:
            self.truth.requests += 1
            if self.keep:
                self.received.append(received)
            if reaction.applies and reaction.status < 300:
                self.truth.apply(received, guarded=self.guarded)
        return reaction


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent where the other side hung up: that is what some of the tests are about."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.path, headers, body)
        reaction = cast(_Server, self.server).owner.take(received)
        time.sleep(reaction.pause if reaction.manner == "plain" else 0)
        if reaction.manner == "reset":
            self._reset()
            return
        self._answer(reaction, json.dumps({"receipt": headers.get("webhook-id")}).encode())

    do_PUT = do_POST

    def do_GET(self) -> None:
        """Tell what is held (see sync.connectors.webhook)."""
        parts = urlsplit(self.path)
        owner = cast(_Server, self.server).owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        reaction = owner.behave(Received(self.path, headers, b""))
        page = owner.truth.page(parts.path, parse_qs(parts.query)) if parts.query else {}
        self._answer(reaction, json.dumps(page).encode())

    def _answer(self, reaction: Reaction, receipt: bytes) -> None:
        body = receipt if reaction.body is None else reaction.body
        self.send_response(reaction.status)
        for name, value in reaction.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) * (2 if reaction.manner == "half" else 1)))
        self.end_headers()
        if reaction.manner == "slow":
            self._drip(body, reaction.pause)
            return
        self.wfile.write(body)
        self.close_connection = reaction.manner == "half"

    def _drip(self, body: bytes, pause: float) -> None:
        try:
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(pause)
        except OSError:  # the other side had enough
            self.close_connection = True

    def _reset(self) -> None:
        """Close with a reset instead of a goodbye."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass
