"""Salesforce's outbound messages: SOAP, up to 100 records, repeated until they are acknowledged.

They carry no signature; the secret stands in the address (`?key=`). They are sent when a record is
made or changed, not when it is deleted: that comes with the next reading, or by a relay of change
data capture in the hub's own form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from sync.connectors.events.notice import Kind, Notice, Reply, Unreadable, entities_of, keyed
from sync.connectors.profile import Profile

OUTBOUND: Final = "{http://soap.sforce.com/2005/09/outbound}"
TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
ACKNOWLEDGED: Final = Reply(
    "text/xml; charset=utf-8",
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>",
)


def named(notice: Notice, profile: Profile) -> Iterator[tuple[str, str]]:
    """Each record; one that the hub knows as an element of another names that other."""
    for record in _records(notice.body):
        name = str(record.get(TYPE)).rpartition(":")[2]
        fields = {field.tag.rpartition("}")[2]: field.text or "" for field in record}
        for entity in entities_of(profile, name):
            yield entity, fields.get("Id", "")
        for entity, thing in profile.objects.items():
            for child in thing.children:
                if child.name == name and thing.name and fields.get(child.parent):
                    yield entity, fields[child.parent]


def _records(body: bytes) -> Iterator[ElementTree.Element]:
    if b"<!DOCTYPE" in body:
        raise Unreadable("An outbound message declares no document type.")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 (expat refuses to be blown up)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unreadable(f"The outbound message is no XML: {error}.") from None
    for notification in root.iter(f"{OUTBOUND}Notification"):
        yield from notification.findall(f"{OUTBOUND}sObject")


KIND: Final = Kind(keyed, named, 'Key realm="assay"', ACKNOWLEDGED)
