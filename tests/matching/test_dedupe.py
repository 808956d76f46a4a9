"""The `dedupe` command: files in, clusters out, clear errors, accuracy kept."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from matching.tables import read_columns, write_columns

LABELLED = Path("fixtures/labelled")


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("dedupe", *map(str, arguments), stdout=out)
    return out.getvalue()


def measured(name: str, entity: str, tmp_path: Path) -> float:
    truth = LABELLED / f"{name}.truth.csv"
    said = run(
        LABELLED / f"{name}.csv", "--entity", entity, "--out", tmp_path / "o.csv", "--truth", truth
    )
    return float(said.split("F1")[1])


@pytest.mark.parametrize(
    ("name", "entity", "least"),
    [("fake_1000", "resources", 0.96), ("chicago_sites", "clients", 0.93)],
)
def test_keeps_its_accuracy(name: str, entity: str, least: float, tmp_path: Path) -> None:
    assert measured(name, entity, tmp_path) >= least


def write(path: Path, *names: str, ids: str = "abcdefgh") -> Path:
    some = ids[: len(names)]
    write_columns(path, {"source_id": list(some), "legal_name": list(names)})
    return path


def test_reads_and_writes_parquet_with_pairs_and_a_shipped_model(tmp_path: Path) -> None:
    file = write(tmp_path / "in.parquet", "Acme Widgets GmbH", "Zeta Foods", "ACME Widgets mbH")
    out, pairs, model = (tmp_path / name for name in ("o.parquet", "p.csv", "m.json"))
    run(file, "--entity", "client", "--out", out, "--pairs", pairs, "--save-model", model)
    found = read_columns(out)
    assert found["source_id"] == ["a", "b", "c"]
    assert found["cluster_id"] == ["1", "2", "1"]
    assert read_columns(pairs)["source_id_b"][0] == "c"
    run(file, "--entity", "client", "--out", tmp_path / "again.parquet", "--model", model)
    assert dict(read_columns(tmp_path / "again.parquet")) == dict(found)


@pytest.mark.parametrize(
    ("entity", "content", "complaint"),
    [
        ("clients", "source_id,legal_name\na,x\na,y\n", "row 3 repeats /a of row 2"),
        ("clients", "id,legal_name\n1,x\n", "no column 'source_id'"),
        ("clients", "source_id,legal_name\n", "no rows"),
        ("people", "source_id,legal_name\na,x\n", "is none of client"),
        ("clients", "source_id,legal_name\na,x,y\n", "Expected 2 columns"),
    ],
)
def test_says_what_is_wrong(entity: str, content: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(content, "utf-8")
    with pytest.raises(CommandError, match=complaint):
        run(file, "--entity", entity, "--out", tmp_path / "o.csv")


def test_refuses_a_model_of_another_entity(tmp_path: Path) -> None:
    file = write(tmp_path / "in.csv", "Acme", "Zeta")
    model = tmp_path / "m.json"
    run(file, "--entity", "client", "--out", tmp_path / "o.csv", "--save-model", model)
    with pytest.raises(CommandError, match="a model of client, not of resource"):
        run(file, "--entity", "resource", "--out", tmp_path / "o.csv", "--model", model)
