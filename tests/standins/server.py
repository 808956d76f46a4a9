"""A local HTTP server that keeps state, validates what it is sent, and misbehaves when told to.

A stand-in declares its addresses:

    class Vendor(Standin):
        @route("PUT", "/records/(?P<id>[^/]+)")
        def put(self, call: Call) -> Reply: ...

and a test says what goes wrong with the next calls: `vendor.next(LOST)`.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, ClassVar, Final, TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit

from canonical import exact_json

SECRET: Final = "s3cr3t-of-the-stand-in"
CLIENT: Final = "assay-client"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came; `query` has the first value of each name, `values` all of them."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    parts: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body as JSON, numbers exact."""
        return exact_json.loads(self.body.decode()) if self.body else None

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `data` goes out as JSON unless it is bytes."""

    status: int = 200
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        """The body."""
        if isinstance(self.data, bytes):
            return self.data
        return b"" if self.data is None else exact_json.dumps(self.data).encode()


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one call: an answer instead of the work, or the work and no answer."""

    name: str
    reply: Reply | None = None
    applies: bool = False


LOST: Final = Fault("lost acknowledgement", applies=True)
BROKEN: Final = Fault("server error", Reply(503))

Handler = Callable[[Any, Call], Reply]
F = TypeVar("F", bound=Handler)


def route(method: str, pattern: str) -> Callable[[F], F]:
    """Declare which requests a method of a stand-in answers; the pattern's groups are parts."""

    def declare(function: F) -> F:
        function.__dict__.setdefault("routes", []).append((method, re.compile(pattern)))
        return function

    return declare


class Refusal(Exception):
    """The stand-in turns a request down, as the vendor would."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.data)
        self.reply = reply


class Standin:
    """A vendor's server on this machine; a context manager.

    `calls` is every request that came, `tables` what it holds: {table: {id: record}}.
    """

    #: What a throttled and an unauthorised request are answered with.
    throttled: ClassVar[Reply] = Reply(429, headers={"Retry-After": "7"})
    unauthorised: ClassVar[Reply] = Reply(401)

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.tables: dict[str, dict[str, dict[str, Any]]] = {}
        self.tokens: set[str] = set()
        self.lock = Lock()
        self._faults: deque[tuple[Fault, str]] = deque()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._routes = [
            (method, pattern, handler)
            for handler in _handlers(type(self))
            for method, pattern in handler.__dict__["routes"]
        ]

    @property
    def url(self) -> str:
        """Where it begins."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Standin:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next(self, *faults: Fault, on: str = "") -> None:
        """Let the next calls go wrong, one fault each; `on` limits it to `METHOD /path` matches."""
        self._faults.extend((fault, on) for fault in faults)

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        """The records of a table by id."""
        return self.tables.setdefault(name, {})

    def requests(self, method: str, path: str = "") -> list[Call]:
        """The calls of a method whose path contains the text."""
        return [call for call in self.calls if call.method == method and path in call.path]

    def take(self, call: Call) -> Reply | None:
        """Answer a call, or None: hang up without an answer."""
        with self.lock:
            self.calls.append(call)
            fault = self._fault(call)
            if fault and not fault.applies:
                return fault.reply
            reply = self._answer(call)
            return reply if fault is None else fault.reply

    def _fault(self, call: Call) -> Fault | None:
        text = f"{call.method} {call.path}"
        for index, (fault, on) in enumerate(self._faults):
            if re.search(on, text) if on else not self.is_login(call):
                del self._faults[index]
                return fault
        return None

    def is_login(self, call: Call) -> bool:
        """Whether the call only asks for a token: faults are for what comes after."""
        return "token" in call.path

    def _answer(self, call: Call) -> Reply:
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(call.path)
            if method == call.method and match:
                parts = {name: unquote(text) for name, text in match.groupdict().items() if text}
                try:
                    return handler(self, replace(call, parts=parts))
                except Refusal as refusal:
                    return refusal.reply
        return Reply(404, {"message": f"no such address: {call.method} {call.path}"})

    def grant(self, call: Call) -> Reply:
        """An OAuth 2.0 token for client credentials in a form; 400 for any other."""
        form = call.form
        good = form.get("client_id") == CLIENT and form.get("client_secret") == SECRET
        if form.get("grant_type") != "client_credentials" or not good:
            return Reply(400, {"error": "invalid_client"})
        token = f"token-{len(self.tokens)}"
        self.tokens = {token}  # the one before is void
        return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def bearer(self, call: Call) -> None:
        """Refuse a call without a live token."""
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(self.unauthorised)


def _handlers(kind: type) -> Iterable[Handler]:
    for name in dir(kind):
        value = getattr(kind, name)
        if callable(value) and "routes" in getattr(value, "__dict__", {}):
            yield cast(Handler, value)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    owner: Standin

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong in a handler; a caller that hung up is no error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        values = parse_qs(parts.query, True)
        query = {name: given[0] for name, given in values.items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, parts.path, query, headers, body, values=values)
        reply = cast(_Server, self.server).owner.take(call)
        if reply is None:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return
        content = reply.bytes()
        self.send_response(reply.status)
        kind = "text/plain" if isinstance(reply.data, bytes) else "application/json"
        for name, value in {"Content-Type": kind, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle

    def log_message(self, format: str, *args: object) -> None:
        pass


def plain(value: Any) -> Any:
    """The value with its decimals as plain JSON numbers, for a schema validator."""
    return json.loads(exact_json.dumps(value), parse_float=Decimal)
