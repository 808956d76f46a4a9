"""F70: only public addresses are spoken to, whatever the text of an address says."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from sync import egress
from sync.torture.receiver import Reaction, Received, Receiver

FORBIDDEN = """
https://localhost/ https://LOCALHOST./ https://foo.localhost/ https://127.0.0.1/ https://127.1/
https://2130706433/ https://0x7f000001/ https://0x7f.1/ https://017700000001/ https://0/
https://0.0.0.0/ https://10.0.0.1/ https://172.16.0.1/ https://172.31.255.255/ https://192.168.1.1/
https://169.254.169.254/ https://2852039166/ https://100.64.0.1/ https://192.0.0.1/
https://192.0.2.1/ https://198.18.0.1/ https://198.51.100.1/ https://203.0.113.1/ https://224.0.0.1/
https://240.0.0.1/ https://255.255.255.255/ https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/
https://[::ffff:10.0.0.1]/ https://[0:0:0:0:0:ffff:a9fe:a9fe]/ https://[fe80::1]/ https://[fc00::1]/
https://[fd00::1]/ https://[ff02::1]/ https://[64:ff9b::7f00:1]/ https://[64:ff9b::a00:1]/
https://[2002:7f00:1::]/ https://[2002:a00:1::]/ https://[2001:db8::1]/ https://[100::1]/
http://example.com/ ftp://example.com/ file:///etc/passwd gopher://example.com/ javascript:alert(1)
//example.com/ example.com https:/// https://user@example.com/ https://user:pass@example.com/
https://example.com:0/ https://example.com/#x https://example.com:99999/ https://[::1
https://ex\u0430mple.com/ https://[fe80::1%25eth0]/ http://1.1.1.1/ https://0177.0.0.1/
https://127.0.0.1:8443/ https://169.254.170.2/v2 https://[fd00:ec2::254]/ https://192.88.99.1.localhost/
"""


@pytest.mark.parametrize("url", [*FORBIDDEN.split(), "https://exam\tple.com/"])
def test_f70_refused_by_its_text(url: str) -> None:
    with pytest.raises(egress.Refused):
        egress.check_url(url)


@pytest.mark.parametrize(
    "url", ["https://example.com/hook", "https://1.1.1.1/", "https://[2606:4700::1111]:8443/x?y=1"]
)
def test_accepted(url: str) -> None:
    assert egress.check_url(url).scheme == "https"


def test_a_private_network_can_be_allowed(settings: Settings) -> None:
    settings.ASSAY_EGRESS_NETWORKS = ["10.20.0.0/16"]
    assert egress.check_url("https://10.20.3.4/")
    with pytest.raises(egress.Refused):
        egress.check_url("https://10.21.0.1/")


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """A name server that answers these; the list notes each time it is asked."""
    real, asked = socket.getaddrinfo, list[str]()

    def resolve(host: str, port: int | None, *args: object, **options: object) -> object:
        if host != "target.example":
            return real(host, port, *args, **options)  # type: ignore[arg-type]
        if options.get("flags"):
            raise socket.gaierror("not a number")
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize("bad", ["127.0.0.1", "169.254.169.254", "10.0.0.8"])
def test_f70_one_bad_address_refuses_a_name(monkeypatch: pytest.MonkeyPatch, bad: str) -> None:
    resolves_to(monkeypatch, "1.1.1.1", bad)
    with egress.Client() as client, pytest.raises(egress.Refused, match=bad.replace(".", r"\.")):
        client.post("https://target.example/", b"", {})


def test_f70_a_name_that_turns_inward_later_is_refused_then(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Rebinding: the address was public when the subscription was made and is private now."""
    monkeypatch.setattr(egress, "_check_scheme", lambda *_: None)
    answers = iter([["1.1.1.1"], ["10.0.0.8"], ["169.254.169.254"]])
    real = socket.getaddrinfo

    def turning(host: str, port: int | None, *args: object, **options: object) -> object:
        if host != "turning.example" or options.get("flags"):
            return real(host, port, *args, **options)  # type: ignore[arg-type]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    assert egress.resolve("turning.example", 443) == ["1.1.1.1"]
    for _ in range(2):
        with egress.Client() as client, pytest.raises(egress.Refused, match="not a public"):
            client.post("https://turning.example/", b"", {})


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.ALLOW_LOCAL_TARGETS = True
    with Receiver(lambda _: Reaction(applies=False)) as running:
        yield running


def test_f70_a_name_is_resolved_once_a_connection(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its mind after the check has no second chance."""
    monkeypatch.setattr(egress, "_check_scheme", lambda *_: None)
    asked = resolves_to(monkeypatch, "127.0.0.1")
    port = receiver.url.rpartition(":")[2]
    with egress.Client() as client:
        client.post(f"http://target.example:{port}/hook", b"{}", {"webhook-id": "1"})
    assert len(asked) == 1
    assert receiver.received[0].headers["host"] == f"target.example:{port}"


def test_f45_redirects_are_answers(receiver: Receiver) -> None:
    receiver.behave = lambda _: Reaction(
        302, headers={"Location": "http://169.254.169.254/latest"}, applies=False
    )
    with egress.Client() as client:
        assert client.post(receiver.url, b"{}", {}).status == 302
    assert len(receiver.received) == 1


def test_no_more_of_a_body_is_read_than_is_kept(receiver: Receiver) -> None:
    receiver.behave = lambda _: Reaction(body=b"x" * 1_000_000, applies=False)
    with egress.Client() as client:
        assert len(client.post(receiver.url, b"{}", {}).body) == egress.MAX_ANSWER


def test_a_dripping_answer_ends_with_the_deadline(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "TOTAL_SECONDS", 0.3)
    receiver.behave = lambda _: Reaction(manner="slow", pause=0.05, body=b"x" * 200, applies=False)
    with egress.Client() as client, pytest.raises(egress.Unreachable, match="Timeout"):
        client.post(receiver.url, b"{}", {})


def test_proxies_of_the_environment_are_not_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with egress.Client() as client:
        assert client.post(receiver.url, b"{}", {}).status == 200


@pytest.mark.parametrize("manner", ["reset", "half"])
def test_a_broken_answer_is_none(receiver: Receiver, manner: str) -> None:
    def behave(_: Received) -> Reaction:
        return Reaction(manner=manner, applies=False)

    receiver.behave = behave
    with egress.Client() as client, pytest.raises(egress.Unreachable):
        client.post(receiver.url, b"{}", {})
