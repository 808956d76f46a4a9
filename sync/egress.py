"""The only way to the outside: HTTP that reaches public addresses, and only those.

The name is resolved once, every address it has is checked, and the connection goes to a checked
address while TLS and the Host header keep the name: no rebinding between check and use. No
redirects, no proxies from the environment, no decompression; one deadline for the whole exchange
and a cap on what is read.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import httpcore
from django.conf import settings

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 10.0
TOTAL_SECONDS: float = settings.ASSAY_DELIVERY_SECONDS
MAX_ANSWER: Final = 64 * 1024
MAX_REQUEST: Final = 1_000_000
# Shorter than what servers usually keep: a connection they close meanwhile is a failed attempt.
IDLE_SECONDS: Final = 1.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Ranges that carry an IPv4 address inside: NAT64, 6to4 and Teredo reach what that one reaches.
TRANSLATED: Final = [ipaddress.ip_network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48")]


class Refused(Exception):
    """The address may not be spoken to; the message says why."""


class Unreachable(Exception):
    """Nothing usable came back: name, connection, TLS, time or protocol failed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: status, lower-case headers and at most 64 KB of body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_url(url: str) -> SplitResult:
    """Refuse an address that no delivery may go to, as far as its text tells.

    What a name resolves to is checked again with every connection.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused(f"not an address: {error}") from None
    _check_form(url, parts, host, port)
    if (literal := _literal(host)) is not None:
        check_address(literal)
    elif host.rstrip(".").lower().endswith("localhost") and not settings.ALLOW_LOCAL_TARGETS:
        raise Refused("the address is this machine")
    _check_scheme(parts.scheme, literal, host)
    return parts


def _check_form(url: str, parts: SplitResult, host: str, port: int | None) -> None:
    if parts.scheme not in {"http", "https"} or not host or "%" in host:
        raise Refused("an address begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise Refused("an address carries no user name or password")
    if parts.fragment or port == 0 or not url.isascii() or any(c <= " " for c in url):
        raise Refused("an address has no fragment, no port 0 and only visible ASCII characters")


def _check_scheme(scheme: str, literal: Address | None, host: str) -> None:
    local = literal.is_loopback if literal else host == "localhost"
    if scheme != "https" and not (local and settings.ALLOW_LOCAL_TARGETS):
        raise Refused("an address begins with https://")


def _literal(host: str) -> Address | None:
    """The address a host text stands for, in any form a resolver takes without asking a server."""
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return ipaddress.ip_address(str(found[0][4][0]).partition("%")[0])


def check_address(address: Address) -> None:
    """Refuse what is not on the public internet, unless the deployment allows its network."""
    inner = _inner(address)
    if inner is not address:
        check_address(inner)
    if inner.is_loopback and settings.ALLOW_LOCAL_TARGETS:
        return
    if any(address in network for network in _allowed(tuple(settings.ASSAY_EGRESS_NETWORKS))):
        return
    public = inner.is_global and not (inner.is_multicast or inner.is_reserved)
    if not public:
        raise Refused(f"{address} is not a public address")


def _inner(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, where there is one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


@cache
def _allowed(
    networks: tuple[str, ...],
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in networks)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, all of them checked; one bad one refuses the name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} does not resolve: {error}") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        check_address(ipaddress.ip_address(address.partition("%")[0]))
    return addresses


_deadline: ContextVar[float] = ContextVar("egress_deadline")
_patience: ContextVar[float] = ContextVar("egress_patience")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all exchanges inside, however many, end together after so many seconds."""
    token = _patience.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _patience.reset(token)


def _left(timeout: float | None) -> float:
    """The seconds an operation may take: its own limit, and what the whole exchange has left."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout(f"no complete answer within {TOTAL_SECONDS:.0f} seconds")
    return min(left, timeout or left)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every read and write ends with the deadline of the exchange."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to checked addresses; the pool above it knows only the name."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in resolve(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address, port, _left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream)
        raise failure


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes some 20 ms: once is enough."""
    return ssl.create_default_context()


class Client:
    """Connections to targets, reused for a moment; safe to share between threads."""

    def __init__(self, connections: int = 8) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=connections,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=_CheckedBackend(),
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send once and read the answer; Refused or Unreachable where there is none."""
        return self.request("POST", url, body, headers)

    def request(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        most: int = MAX_ANSWER,
    ) -> Reply:
        """The same for any method; at most `most` bytes of the answer are read."""
        parts = check_url(url)
        if len(body) > MAX_REQUEST:
            raise Refused(f"the request is larger than {MAX_REQUEST:,} bytes")
        until = time.monotonic() + TOTAL_SECONDS
        token = _deadline.set(min(until, _patience.get(until)))
        try:
            return self._exchange(method, url, body, _headers(parts, headers), most)
        except httpcore.UnsupportedProtocol as error:
            raise Refused(str(error)) from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}"[:255]) from None
        finally:
            _deadline.reset(token)

    def _exchange(
        self, method: str, url: str, body: bytes, headers: list[tuple[str, str]], most: int
    ) -> Reply:
        limits = {"connect": CONNECT_SECONDS, "read": ANSWER_SECONDS, "write": ANSWER_SECONDS,
                  "pool": TOTAL_SECONDS}  # fmt: skip
        extensions = {"timeout": limits}
        with self._pool.stream(
            method, url, headers=headers, content=body, extensions=extensions
        ) as response:
            return Reply(response.status, _lower(response.headers), _read(response, most))


def _headers(parts: SplitResult, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    fixed = {"host": parts.netloc, "user-agent": "assay", "accept": "*/*"}
    return list({**fixed, "accept-encoding": "identity", **headers}.items())


def _lower(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """By lower-case name; what comes several times is joined, cookies by a line feed."""
    found: dict[str, str] = {}
    for raw, value in headers:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        between = "\n" if name == "set-cookie" else ", "
        found[name] = f"{found[name]}{between}{text}" if name in found else text
    return found


def _read(response: httpcore.Response, most: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) >= most:
            break
    return bytes(body[:most])
