"""Boards: what they tell, to everyone, in as many statements for much as for little."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from canonical.governance import completeness
from canonical.models import Completeness
from mdm.console.boards.charts import HEIGHT, WIDTH, histogram, trend
from tests.factories.firm import Firm, SignIn, send

pytestmark = pytest.mark.django_db
BOARDS = ("sync_board", "matching_board", "completeness_board")


@pytest.mark.parametrize("board", BOARDS)
def test_every_group_sees_the_boards(firm: Firm, sign_in: SignIn, board: str) -> None:
    completeness.take()
    for group in ("steward", "finance", "integrator", "auditor", "admin"):
        text = sign_in(group).get(reverse(f"console:{board}")).content.decode()
        assert "Match quality" in text


def test_completeness_is_counted_by_entity_and_source(firm: Firm) -> None:
    assert completeness.take() > 6
    golden = Completeness.objects.get(entity="client", system="")
    assert golden.records == 3
    assert golden.by_attribute == {"legal_name": 3, "party_type": 0, "client_status": 0}
    crm = Completeness.objects.get(entity="client", system="crm")
    assert crm.records == 2
    assert crm.by_attribute == {"legal_name": 2, "party_type": 1, "client_status": 1}
    assert golden.share == pytest.approx(3 / 9)


def test_figures_are_taken_again_when_they_are_old(firm: Firm) -> None:
    completeness.take()
    assert completeness.take() == 0
    Completeness.objects.update(taken_at=timezone.now() - timedelta(hours=2))
    send("crm", "client", "N-1", legal_name="Nord AG")
    completeness.take()
    assert Completeness.objects.get(entity="client", system="").records == 4


def test_match_quality_draws_what_people_decided(firm: Firm, sign_in: SignIn) -> None:
    text = sign_in("steward").get(reverse("console:matching_board")).content.decode()
    assert "linked from 0.95" in text
    assert 'class="asked"' in text
    assert "unknown: nobody has answered enough yet" in text


@pytest.mark.parametrize("board", BOARDS)
def test_boards_ask_as_much_for_many_as_for_few(firm: Firm, sign_in: SignIn, board: str) -> None:
    browser = sign_in("steward")

    def asked() -> int:
        Completeness.objects.all().delete()
        completeness.take()
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse(f"console:{board}"))
        return len(queries)

    few = asked()
    for number in range(6):
        send("erp", "client", f"M-{number}", legal_name=f"Number {number} AG")
    assert asked() == few


def test_a_histogram_stands_within_its_drawing() -> None:
    chart = histogram({"a": {0: 1, 19: 1000}, "b": {}}, 20, {"x": 0.5})
    assert all(0 <= b.x < WIDTH and 0 <= b.y <= HEIGHT and b.height > 0 for b in chart.blocks)
    assert chart.lines == ((WIDTH / 2, "x 0.50"),)
    assert [row[0] for row in chart.rows] == ["0.00 to 0.05", "0.95 to 1.00"]


def test_a_trend_of_one_day_is_a_line_across() -> None:
    [line] = trend({"golden": [("2026-03-01", 0.5)]})
    assert line.points == f"0.0,{HEIGHT / 2} {WIDTH},{HEIGHT / 2}"
