"""Uploads over HTTP: a file rehearsed, loaded, followed to its end, and taken back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from canonical.models import Golden, GoldenState
from sync.inbound import uploads
from sync.models import Upload
from tests.canonical.api.conftest import Caller
from tests.factories import hub
from tests.sync.api.source import fits

pytestmark = pytest.mark.django_db
URL = "/api/v1/uploads"
ONE = f"{URL}/{{id}}"
CSV = (
    "source_id,legal_name,website,currency\n"
    "A-7,Hansekontor Logistik GmbH,https://hansekontor.example,USD\n"
    "A-8,Quillfeather & Moss Ltd,https://quillfeather.example,EUR\n"
)


@pytest.fixture
def erp(caller: Caller) -> Client:
    """A system that may put records in, beside one whose client is held already."""
    hub.open_hub()
    hub.client("Hansekontor Logistik GmbH", website="https://hansekontor.example", currency="EUR")
    return caller("ingest", system="erp")


def bring(client: Client, content: Any = CSV, key: str = "", **query: str) -> Any:
    told = {"system": "erp", "entity": "clients", "name": "clients.csv", **query}
    return client.post(
        URL,
        content,
        "text/csv",
        query_params={name: value for name, value in told.items() if value},
        headers={"Idempotency-Key": key or str(uuid4())},
    )


def step(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, body, "application/json", headers={"Idempotency-Key": str(uuid4())})


def worked(client: Client, url: str) -> Any:
    """What is said of the file once the worker had it."""
    uploads.work_off()
    return fits(ONE, "get", client.get(url))


def loaded(client: Client) -> str:
    url = str(bring(client).json()["url"])
    worked(client, url)
    step(client, f"{url}/load")
    worked(client, url)
    return url


def test_a_file_is_rehearsed_loaded_and_taken_back(erp: Client) -> None:
    brought = bring(erp)
    assert brought.status_code == 201, brought.content
    url = fits(URL, "post", brought)["url"]
    assert (brought["Location"], brought.json()["state"]) == (url, "rehearsing")
    told = worked(erp, url)
    assert told["report"]["groups"] == {"conflicting": 1, "new": 1}
    [conflict] = told["report"]["examples"]["conflicting"]
    assert conflict["differing"] == [{"attribute": "currency", "says": "USD", "golden": "EUR"}]
    assert Golden.objects.count() == 1

    asked = step(erp, f"{url}/load")
    assert fits(f"{ONE}/load", "post", asked)["state"] == "loading"
    assert asked.status_code == 202
    told = worked(erp, url)
    assert (told["state"], told["done"]) == ("loaded", 2)
    assert told["outcomes"] == {"created": 1, "linked": 1}
    rows = erp.get(told["submission"]).json()["results"]
    assert [row["source_id"] for row in rows] == ["A-7", "A-8"]

    ahead = step(erp, f"{url}/withdraw", preview=True)
    effect = fits(f"{ONE}/withdraw", "post", ahead)["effect"]
    assert (ahead.status_code, effect["removed"], effect["retired"]) == (200, 2, 1)
    assert erp.get(url).json()["state"] == "loaded"
    done = step(erp, f"{url}/withdraw", reason="of another year")
    assert fits(f"{ONE}/withdraw", "post", done)["upload"]["state"] == "withdrawing"
    told = worked(erp, url)
    assert (told["state"], told["withdrawal"]["reason"]) == ("withdrawn", "of another year")
    assert {name: told["withdrawal"][name] for name in effect} == effect
    assert Golden.objects.filter(state=GoldenState.RETIRED).count() == 1
    hub.assert_sound()


def test_a_file_is_brought_once_however_often_it_is_sent(erp: Client) -> None:
    first, second = bring(erp, key="one"), bring(erp, key="one")
    assert (second.content, second["Idempotent-Replayed"]) == (first.content, "true")
    assert Upload.objects.count() == 1
    assert bring(erp, CSV + "A-9,Acme,,\n", key="one").status_code == 422


@pytest.mark.parametrize(
    ("content", "query", "status", "pointer"),
    [
        (CSV, {"system": ""}, 400, "system"),
        (CSV, {"entity": ""}, 400, "entity"),
        (CSV, {"entity": "people"}, 400, "entity"),
        (CSV, {"name": ""}, 400, "name"),
        (CSV, {"name": "x" * 256}, 400, "name"),
        (CSV, {"colour": "red"}, 400, "colour"),
        (CSV, {"system": "crm"}, 404, None),
        (CSV, {"name": "clients.pdf"}, 422, None),
        (CSV, {"id_column": "Kundennummer"}, 422, None),
        ("", {}, 422, None),
        ("source_id,legal_name\n", {}, 422, None),
        (b"\xff\xfe\x00", {}, 422, None),
        ("x" * 10_000_001, {}, 413, None),
    ],
)
def test_what_is_no_file_of_records_is_refused(
    erp: Client, content: Any, query: dict[str, str], status: int, pointer: str | None
) -> None:
    answer = bring(erp, content, **query)
    assert answer.status_code == status, answer.content
    assert pointer in [None, *(each["pointer"] for each in answer.json()["errors"])]
    assert not Upload.objects.exists()


def test_a_step_that_makes_no_sense_now_is_a_conflict(erp: Client) -> None:
    url = bring(erp).json()["url"]
    for wish, body in (
        ("load", {}),
        ("rehearse", {}),
        ("withdraw", {"reason": "x"}),
        ("withdraw", {"preview": True}),
    ):
        answer = step(erp, f"{url}/{wish}", **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "state-conflict"), wish
    assert step(erp, f"{url}/withdraw").status_code == 400
    assert step(erp, f"{url}/load", reason="x").status_code == 400


def test_files_are_listed_page_by_page_for_those_who_reach_their_system(
    erp: Client, caller: Caller
) -> None:
    ids = [bring(erp).json()["id"] for _ in range(3)]
    url = loaded(erp)
    seen, page = [], f"{URL}?limit=2&state=rehearsed,rehearsing"
    while page:
        told = fits(URL, "get", erp.get(page))
        seen += [row["id"] for row in told["results"]]
        page = told["next"]
    assert seen == ids[::-1]
    [only] = erp.get(URL, {"state": "loaded", "system": "erp", "entity": "clients"}).json()[
        "results"
    ]
    assert only["url"] == url
    assert erp.get(URL, {"entity": "contracts"}).json()["results"] == []
    crm = caller("ingest", system="crm")
    assert crm.get(URL).json()["results"] == []
    for address in (url, f"{URL}?system=erp"):
        assert crm.get(address).status_code == 404
    for wish in ("load", "rehearse", "withdraw"):
        assert (
            step(crm, f"{url}/{wish}", **({"reason": "x"} if "w" in wish else {})).status_code
            == 404
        )
