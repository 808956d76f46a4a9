"""From nothing to a golden record with a typed client that is made from the document itself."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.journeys.conftest import Demo

PACKAGE = "assay_client"


@pytest.fixture
def typed(empty_demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`typed("api.clients.get_client")`: a module of the client generated for this hub."""
    document = httpx.get(f"{empty_demo.base_url}/api/schema/?format=json", timeout=60).json()
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    (tmp_path / "config.yaml").write_text("post_hooks: []\n")
    subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json"),
            *("--config", "config.yaml", "--meta", "none", "--output-path", PACKAGE),
        ],
        cwd=tmp_path,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def client(empty_demo: Demo, typed: Any) -> Iterator[Any]:
    """The generated client with a token fetched by the generated operation."""
    make, url = typed("client").AuthenticatedClient, empty_demo.base_url
    with make(base_url=url, token="none") as anyone:
        token = fetch_token(empty_demo, typed, anyone)
    with make(base_url=url, token=token) as signed_in:
        yield signed_in


def fetch_token(demo: Demo, typed: Any, anyone: Any) -> str:
    key = demo.facts["credentials"]["integrator"]
    form = typed("models").TokenBody(
        grant_type=typed("models").TokenBodyGrantType.CLIENT_CREDENTIALS,
        client_id=key["client_id"],
        client_secret=key["client_secret"],
    )
    token: str = typed("api.ways_in.token").sync(client=anyone, body=form).access_token
    return token


def put(typed: Any, client: Any, system: str, entity: str, source_id: str, /, **data: Any) -> Any:
    """One source record in; the answer as the generated type has it."""
    module: ModuleType = typed("api.source_records.put_source_record")
    models = typed("models")
    return module.sync(
        system,
        models.PutSourceRecordEntity(entity),
        source_id,
        client=client,
        body=models.PutSourceRecordBody(data=data),
    )


def test_the_first_hour_of_an_integrator(typed: Any, client: Any) -> None:
    known = {"legal_name": "Nordlicht Beratung GmbH", "lei": "529900T8BM49AURSDO55"}
    made = put(typed, client, "crm", "clients", "A-1", **known, currency="EUR")
    assert made.outcome.value == "created"

    models = typed("models")
    asked = models.MatchClientBody.from_dict({"data": {"legal_name": "Nordlicht Beratung"}})
    found = typed("api.clients.match_client").sync(client=client, body=asked)
    assert found.candidates[0].golden.code == made.golden.code

    joined = put(typed, client, "erp", "clients", "4711", **known, email="info@nordlicht.example")
    assert (joined.outcome.value, joined.golden.id) == ("linked", made.golden.id)
    waiting = put(
        typed, client, "psa", "engagements", "P-7", name="Migration", client={"source_id": "C-9"}
    )
    assert waiting.pending_references == ["client"]

    golden = typed("api.clients.get_client").sync(made.golden.code, client=client)
    assert (golden.legal_name, golden.currency) == ("Nordlicht Beratung GmbH", "EUR")
    assert golden.email == "info@nordlicht.example"
    assert [(s.system, s.source_id) for s in golden.sources] == [("crm", "A-1"), ("erp", "4711")]
    lineage = typed("api.clients.get_client_lineage").sync(made.golden.code, client=client)
    winners = {each.attribute: each.winner for each in lineage.attributes}
    assert winners["email"].system == "erp"

    refused = put(typed, client, "crm", "clients", "A-2", legal_name="Acme", currency="EURO")
    assert isinstance(refused, models.Problem)
    assert (refused.code.value, refused.errors[0].pointer) == ("invalid-request", "/data/currency")

    page = typed("api.changes.list_changes").sync(client=client)
    assert [row.kind for row in page.results] == ["created", "linked", "created"]
    assert page.results[1].record.legal_name == "Nordlicht Beratung GmbH"
    rest = typed("api.changes.list_changes").sync(client=client, after=page.next_cursor)
    assert rest.results == []
