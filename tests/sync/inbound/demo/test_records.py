"""The demo firm's records come in through intake, and their accuracy is measured."""

from __future__ import annotations

import pytest

from canonical.models import Link
from sync.inbound import demo
from sync.inbound.demo import records
from sync.inbound.demo.setup import FIRM


@pytest.mark.django_db
def test_records_come_in_children_first_and_can_be_loaded_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(records, "ORDER", [("crm", "rate_card"), ("hubspot", "resource")])
    demo.prepare(empty=False)
    seen: list[tuple[int, int]] = []
    found = demo.load(lambda done, total: seen.append((done, total)))
    count = Link.objects.count()
    assert seen == [(done, len(seen)) for done in range(1, len(seen) + 1)]
    assert 30 < count <= len(seen)
    assert found["resource"].precision > 0.9
    assert "  resource          precision" in capsys.readouterr().out
    seen.clear()
    demo.load(lambda done, total: seen.append((done, total)))
    assert (seen, Link.objects.count()) == ([], count)


def test_every_file_of_the_firm_is_in_the_order() -> None:
    names = {path.stem for path in (FIRM / "data").glob("*.jsonl")}
    assert {f"{system}.{entity}" for system, entity in records.ORDER} == names
    assert len(records.ORDER) == len(names)


def test_records_are_compared_by_pairs_and_those_not_found_stand_alone() -> None:
    a, b, c, d = (("crm", "client", name) for name in "abcd")
    truth = {a: "x", b: "x", c: "x", d: "y"}
    both = records.compare(truth, {a: 1, b: 1, d: 1})
    assert (both.right, both.found, both.true) == (1, 3, 3)
    assert records.compare(truth, {}).recall == 0
