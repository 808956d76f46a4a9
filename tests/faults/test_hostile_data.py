"""F57-F63, F69: data that is hostile or merely odd, at the door in and everywhere it goes."""

from __future__ import annotations

from typing import Any

import pytest

from canonical.models import Change, Golden, SourceRecord
from sync.torture.receiver import Receiver
from tests.canonical.api.conftest import Caller, _fresh_rate_limits, caller
from tests.factories import targets
from tests.sync.api.source import Door

__all__ = ["_fresh_rate_limits", "caller"]

pytestmark = pytest.mark.django_db

NAMES = [
    "Weiß & Söhne Straßenbau", "İstanbul Işık A.Ş.", "Société Générale d’Été", "Ångström Øst",
    "株式会社 東京設計", "有限公司 🏗️ 建筑", "شركة النور للمقاولات", "חברת בנייה בע״מ",
    "Ελληνική Ναυτιλία", "ООО «Ромашка»", "บริษัท ก้าวหน้า จำกัด", "हिन्दी सेवा प्रा. लि.",
    "👩‍👩‍👧‍👦 Family Office", "𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝔊𝔪𝔟𝔥", "e\u0301cole (combining)", "Zero\u200bWidth GmbH",
    "Рaypal Homoglyph Ltd", "\u202egnp.exe Trading", "ﬁne ﬂour AG", "O'Brien \"Quoted\" \\ Slash",
    "=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", "%00 %s {0} ${x}",
    "Robert'); DROP TABLE",
]  # fmt: skip


@pytest.fixture
def crm(caller: Caller) -> Door:
    return Door(caller("ingest", "read", system="crm"))


def test_f58_f59_names_come_out_as_they_went_in(crm: Door, receiver: Receiver) -> None:
    target = targets.subscription(receiver)
    items = [{"source_id": f"{n}", "data": {"legal_name": name}} for n, name in enumerate(NAMES)]
    answers = crm.batch(items).json()["results"]
    assert [answer["outcome"] for answer in answers] == ["created"] * len(NAMES)
    for answer, name in zip(answers, NAMES, strict=True):
        assert crm.get(answer["source_id"]).json()["raw"]["legal_name"] == name
        assert crm.client.get(answer["golden"]["url"]).json()["legal_name"] == name
    targets.deliver(target)
    told = {message.event["subject"]: message.event for message in receiver.received}
    for answer, name in zip(answers, NAMES, strict=True):
        assert told[answer["golden"]["id"]]["data"]["legal_name"] == name
    written = {row.after["legal_name"] for row in Change.objects.all() if row.after}
    assert written == set(NAMES)


def refused(crm: Door, body: bytes) -> Any:
    """The problem of a body, after which nothing is stored."""
    answer = crm.client.put(crm.url("A-1"), body, "application/json")
    assert answer["Content-Type"] == "application/problem+json"
    assert not SourceRecord.objects.exists()
    return answer


TEXTS = [
    (rb'{"data":{"legal_name":"a\u0000b"}}', "/data/legal_name"),
    (rb'{"data":{"legal_name":"a\ud800b"}}', "/data/legal_name"),
    (rb'{"data":{"contacts":[{"name":"\udfff"}]}}', "/data/contacts/0/name"),
    (b'{"data":{"legal_name":"\xff"}}', ""),
    (b'{"data":{"legal_name":"a\x00b"}}', ""),
    (b'\xef\xbb\xbf{"data":{"legal_name":"a"}}', ""),
    (b'{"data":{"legal_name":"a","legal_name":"b"}}', "/data/legal_name"),
    (b'{"data":{"legal_name":"a"},"data":{}}', "/data"),
]


@pytest.mark.parametrize(("body", "pointer"), TEXTS)
def test_f57_f62_what_two_readers_could_read_differently_is_refused(
    crm: Door, body: bytes, pointer: str
) -> None:
    answer = refused(crm, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")
    assert answer.json()["errors"][0]["pointer"] == pointer


NUMBERS = [
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"1E+999999999", b"1e130000", b"true",
    '"１２"'.encode(), b'"1_000"', b'" 1 000 "', b'"0x10"', b'"1e3"', b'"12,50"', b'"+1"', b'".5"',
    b"123456789012345", b"1.1234567", b"[]", b"{}", b'""',
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_f60_f61_an_amount_that_is_no_plain_number_is_refused(crm: Door, number: bytes) -> None:
    amount = b'{"amount":' + number + b',"currency":"EUR"}'
    body = b'{"data":{"legal_name":"Acme","credit_limit":' + amount + b"}}"
    assert refused(crm, body).status_code == 400


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(b"-0", "0.00"), (b"1200", "1200.00"), (b'"0012.50"', "12.50"), (b"99999999999999", None)],
)
def test_f60_an_amount_keeps_its_value(crm: Door, sent: bytes, kept: str | None) -> None:
    amount = b'{"amount":' + sent + b',"currency":"EUR"}'
    body = b'{"data":{"legal_name":"Acme","credit_limit":' + amount + b"}}"
    answer = crm.client.put(crm.url("A-1"), body, "application/json")
    assert answer.status_code == 201, answer.content
    shown = crm.client.get(answer.json()["golden"]["url"]).json()["credit_limit"]
    assert shown["amount"] == (kept or f"{sent.decode()}.00")


DATES = ["0000-01-01", "2026-02-30", "2026-13-01", "31.12.2026", "2026-1-1", "10000-01-01",
         "2026-01-01T00:00:00Z", "２０２６-01-01", "20260101"]  # fmt: skip


@pytest.mark.parametrize("day", DATES)
def test_f69_a_day_that_is_none_is_refused_with_its_place(caller: Caller, day: str) -> None:
    door = Door(caller("ingest", "read", system="crm"), entity="contracts")
    answer = door.put("K-1", {"title": "Frame", "effective_from": day})
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/data/effective_from", "not_a_date")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_f69_the_ends_of_the_calendar_are_days(caller: Caller, day: str) -> None:
    door = Door(caller("ingest", "read", system="crm"), entity="contracts")
    answer = door.put("K-1", {"title": "Frame", "effective_from": day})
    assert answer.status_code == 201
    shown = door.client.get(answer.json()["golden"]["url"]).json()
    assert shown["effective_from"] == day


SIZES = [
    (b'{"data":{"legal_name":"' + b"a" * 1_000_000 + b'"}}', 413),
    (b'{"data":' + b"[" * 8_000 + b"]" * 8_000 + b"}", 400),
    (b'{"data":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}", 400),
    (b'{"data":{' + b",".join(b'"k%d":1' % n for n in range(3_000)) + b"}}", 400),
    (b'{"data":{"legal_name":"' + b"a" * 5_000 + b'"}}', 400),
]


@pytest.mark.parametrize(("body", "status"), SIZES, ids=["1 MB", "8k", "100k", "keys", "text"])
def test_f63_what_is_too_much_is_refused(crm: Door, body: bytes, status: int) -> None:
    assert refused(crm, body).status_code == status


def test_f58_identifiers_hold_no_direction_controls(crm: Door) -> None:
    tax = {"country": "DE", "value": "DE13669\u202e5976"}
    answer = crm.put("A-1", {"legal_name": "Acme", "tax_ids": [tax]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/data/tax_ids/0/value"


def test_a_hostile_item_of_a_batch_refuses_no_other(crm: Door) -> None:
    lines = [b'{"source_id":"%d","data":{"legal_name":"Firm %d"}}' % (n, n) for n in range(3)]
    hostile = [body.replace(b"{", b'{"source_id":"x",', 1) for body, _ in TEXTS[:6]]
    answer = crm.batch(b"\n".join([*lines, *hostile]), media="application/x-ndjson")
    assert answer.status_code == 200
    statuses = [item["status"] for item in answer.json()["results"]]
    assert statuses == [201] * 3 + [400] * 6
    assert Golden.objects.count() == 3
