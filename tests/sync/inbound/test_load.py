"""Loading files: one result per row, going on where it stopped, and the command around it."""

from __future__ import annotations

import json
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from canonical import configuration
from canonical.access import of_hub
from canonical.models import Golden, SourceRecord, System
from sync.inbound import catalogue, load
from sync.inbound.files import FileFault
from sync.inbound.load import Loading

pytestmark = pytest.mark.django_db

CLIENTS = """source_id,legal_name,website,phone
1,Nordlicht Beratung GmbH,https://nordlicht.example,+4930901820
2,Nordlicht Beratung GmbH,https://nordlicht.example,+4930901820
,Nobody,,
4,Quarry Analytics Limited,https://quarry.example,
5,Tundra Freight Inc.,https://tundra.example,
"""


@pytest.fixture
def crm() -> System:
    configuration.forget()
    catalogue.forget()
    return System.objects.create(code="crm", name="CRM")


@pytest.fixture
def clients(tmp_path: Path, crm: System) -> Path:
    path = tmp_path / "clients.csv"
    path.write_text(CLIENTS, encoding="utf-8")
    return path


def loading(path: Path, **options: Any) -> Loading:
    return Loading(of_hub("load"), System.objects.get(code="crm"), "client", path, **options)


def run(path: Path, **options: Any) -> tuple[list[dict[str, Any]], str]:
    out, err = StringIO(), StringIO()
    command = {"system": "crm", "entity": "clients", **options}
    call_command("load", str(path), stdout=out, stderr=err, **command)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def test_every_row_is_answered_in_its_place(clients: Path) -> None:
    rows = [loaded.as_row() for loaded in loading(clients)]
    assert [(row["line"], row["outcome"]) for row in rows] == [
        (2, "created"),
        (3, "linked"),
        (4, "refused"),
        (5, "created"),
        (6, "created"),
    ]
    assert rows[0]["golden"] == rows[1]["golden"]
    assert rows[2]["faults"][0]["detail"] == "has no source id of 1 to 255 characters"
    assert Golden.objects.count() == 3


def test_an_interrupted_file_goes_on_behind_the_last_chunk(
    clients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "CHUNK", 2)
    assert len(list(islice(loading(clients), 3))) == 3
    rest = loading(clients)
    assert rest.state.rows_done == 4
    assert [loaded.line for loaded in rest] == [6]
    assert rest.state.counts == {"created": 3, "linked": 1, "refused": 1}
    assert SourceRecord.objects.count() == 4


def test_a_finished_file_is_not_loaded_twice_unless_asked(clients: Path) -> None:
    list(loading(clients))
    assert list(loading(clients)) == []
    outcomes = [loaded.answer.outcome for loaded in loading(clients, again=True)]
    assert outcomes == ["unchanged", "unchanged", "refused", "unchanged", "unchanged"]


def test_another_content_is_another_file(clients: Path) -> None:
    list(loading(clients))
    clients.write_text(CLIENTS.replace("Tundra Freight", "Tundra Haulage"), encoding="utf-8")
    assert [loaded.answer.outcome for loaded in loading(clients)].count("updated") == 1


def test_what_came_before_a_broken_line_stays(tmp_path: Path, crm: System) -> None:
    path = tmp_path / "clients.csv"
    path.write_bytes(CLIENTS.encode() + b"6,\xff,\n")
    with pytest.raises(FileFault, match="line 7: is not UTF-8"):
        list(loading(path))
    assert not loading(path).state.finished


def test_the_command_writes_a_line_of_json_per_row_and_a_summary(clients: Path) -> None:
    rows, said = run(clients)
    assert [row["source_id"] for row in rows if "source_id" in row] == ["1", "2", "4", "5"]
    assert "5 rows: 3 created, 1 linked, 1 refused." in said
    rows, said = run(clients)
    assert rows == []
    assert "was loaded already" in said


def test_results_can_go_to_a_file(clients: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    rows, _ = run(clients, results=results)
    assert rows == []
    assert len(results.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"system": "moon"}, "There is no system moon; there are console, crm"),
        ({"entity": "planets"}, "--entity is one of clients, resources"),
        ({"id": "Id"}, "there is no column 'Id'"),
    ],
)
def test_the_command_says_what_it_cannot_do(
    clients: Path, options: dict[str, str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run(clients, **options)


def test_the_command_needs_a_file(tmp_path: Path, crm: System) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "missing.csv")
