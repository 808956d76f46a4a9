"""SOAP 1.1 with bodies written as data: envelopes, WS-Security user names, faults.

A message is a mapping in the order of its schema: `@name` is an attribute, a list repeats its
element, None leaves it out. What comes back is read into the same shape, without namespaces; an
element named in `many` is always a list, so that one and several look alike.

The description of a service (WSDL) is not read at run time: a vendor's takes seconds and hundreds
of megabytes. Tests hold what is written here against one.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any, Final
from xml.etree import ElementTree

from sync import egress
from sync.connectors.faults import Turned, said
from sync.connectors.login import Login
from sync.connectors.rest import KEPT, MOST, by_status
from sync.outbound.answers.retry import Answer, Verdict

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SECURITY: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
)
PASSWORD: Final = (
    "http://docs.oasis-open.org/wss/2004/01/"  # noqa: S105 (the name of a profile)
    "oasis-200401-wss-username-token-profile-1.0#PasswordText"
)
#: Faults that say the caller is not let in.
CLOSED: Final = ("authentication", "security", "unauthorized", "not authorized", "permission")


class Soap:
    """One service at one address; safe to share between threads."""

    def __init__(
        self,
        url: str,
        namespace: str,
        login: Login,
        client: egress.Client,
        many: Collection[str] = (),
    ) -> None:
        self._url, self._namespace, self._login, self._client = url, namespace, login, client
        self._many = frozenset(many)

    def call(self, name: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Ask, and read what the body holds; a fault raises Turned.

        Raises egress.Unreachable and egress.Refused.
        """
        body = ElementTree.tostring(self._envelope(name, message), encoding="utf-8")
        headers = {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}
        if not self._login.username:
            headers |= self._login.headers()
        started = time.monotonic()
        reply = self._client.request("POST", self._url, body, headers, MOST)
        spent = int((time.monotonic() - started) * 1000)
        answer = Answer(reply.status, reply.headers, reply.body[:KEPT], milliseconds=spent)
        return self._read(answer, reply.body)

    def _envelope(self, name: str, message: Mapping[str, Any]) -> ElementTree.Element:
        envelope = ElementTree.Element(f"{{{ENVELOPE}}}Envelope")
        header = ElementTree.SubElement(envelope, f"{{{ENVELOPE}}}Header")
        if self._login.username:
            security = ElementTree.SubElement(header, f"{{{SECURITY}}}Security")
            token = ElementTree.SubElement(security, f"{{{SECURITY}}}UsernameToken")
            who = ElementTree.SubElement(token, f"{{{SECURITY}}}Username")
            who.text = self._login.username
            word = ElementTree.SubElement(token, f"{{{SECURITY}}}Password", {"Type": PASSWORD})
            word.text = self._login.secret
        body = ElementTree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
        write(body, self._namespace, name, message)
        return envelope

    def _read(self, answer: Answer, content: bytes) -> dict[str, Any]:
        try:
            envelope = ElementTree.fromstring(content)  # noqa: S314 (expat refuses to be blown up)
        except ElementTree.ParseError:
            if answer.status == 200:
                raise Turned(said(answer, Verdict.FAILED, "the answer is not XML")) from None
            raise Turned(by_status(answer)) from None
        body = envelope.find(f"{{{ENVELOPE}}}Body")
        fault = body.find(f"{{{ENVELOPE}}}Fault") if body is not None else None
        if fault is not None:
            raise Turned(of_fault(answer, fault))
        if body is None or not len(body) or answer.status != 200:
            raise Turned(by_status(answer))
        found = simple(body[0], self._many)
        return found if isinstance(found, dict) else {}


def write(parent: ElementTree.Element, namespace: str, name: str, value: Any) -> None:
    """Write a value as an element below another."""
    if value is None:
        return
    if isinstance(value, list | tuple):
        for item in value:
            write(parent, namespace, name, item)
        return
    element = ElementTree.SubElement(parent, f"{{{namespace}}}{name}")
    if not isinstance(value, Mapping):
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
        return
    for inner, content in value.items():
        if inner.startswith("@"):
            element.set(f"{{{namespace}}}{inner[1:]}", str(content))
        elif inner == "#":
            element.text = str(content)
        else:
            write(element, namespace, inner, content)


def simple(element: ElementTree.Element, many: Collection[str]) -> Any:
    """An element as data: text alone as text, else a mapping; nothing is None."""
    found: dict[str, Any] = {f"@{_bare(name)}": value for name, value in element.attrib.items()}
    for child in element:
        name, value = _bare(child.tag), simple(child, many)
        if name in many:
            found.setdefault(name, []).append(value)
        elif name in found:
            held = found[name]
            found[name] = [*held, value] if isinstance(held, list) else [held, value]
        else:
            found[name] = value
    text = (element.text or "").strip()
    if not found:
        return text or None
    return {**found, "#": text} if text else found


def of_fault(answer: Answer, fault: ElementTree.Element) -> Answer:
    """What a SOAP fault means: the server's by itself later, the caller's not; a closed door."""
    code = (fault.findtext("faultcode") or "").rpartition(":")[2]
    text = " ".join((fault.findtext("faultstring") or "").split())
    reason = f"{code}: {text}"
    kind = code.lower()
    if any(word in f"{kind} {text.lower()}" for word in CLOSED):
        return said(answer, Verdict.REFUSED, reason)
    if kind.startswith(("server", "receiver")) or answer.status in (429, 502, 503, 504):
        return said(answer, Verdict.FAILED, reason)
    return said(answer, Verdict.POISON, reason)


def _bare(name: str) -> str:
    return name.rpartition("}")[2]
