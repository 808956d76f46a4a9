"""The worklist: what is asked for, page after page in each order, and what is done with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canonical import writer
from canonical.golden.cause import Cause
from canonical.governance import work
from canonical.governance.work import ORDERS, Wanted
from canonical.identity.errors import Refused
from canonical.models import AuditEntry, User, WorkItem
from tests.factories.firm import Firm

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Cause("user:1", "Ada", "the register answers next week")


def item(number: int, kind: str = "version_conflict", **values: Any) -> WorkItem:
    given = {"subject": f"crm/client/{number}", "title": f"item {number}", "opened_at": AT}
    return WorkItem.objects.create(kind=kind, **{**given, **values})


def many() -> None:
    """Items that are equal in one column and differ in the next, some of them never due."""
    for number in range(24):
        due = None if number % 4 == 3 else AT + timedelta(days=number % 4)
        item(number, value_at_risk=number % 3, due=due, opened_at=AT + timedelta(hours=number % 5))


@pytest.mark.parametrize("order", ORDERS)
def test_page_after_page_tells_each_item_once_in_its_order(order: str) -> None:
    many()
    items = work.in_order(work.waiting(writer.now()), order)
    whole, seen, last = list(items), [], None
    while page := list(items.filter(work.behind(order, vars(last))) if last else items)[:5]:
        seen += page
        last = page[-1]
    assert seen == whole
    assert len(whole) == 24


def test_what_is_never_due_stands_last(firm: Firm) -> None:
    item(1, title="never", value_at_risk=0)
    item(2, title="late", due=AT, value_at_risk=0)
    rows = [row.title for row in work.in_order(work.waiting(writer.now()), "due")]
    assert (rows[0], rows[-1]) == ("late", "never")


@pytest.mark.parametrize(
    ("system", "kinds"),
    [
        ("psa", {"possible_match", "quarantined"}),  # it speaks in the twin; its own record
        ("crm", {"possible_match", "unmapped_value"}),
        ("ps", set()),
    ],
)
def test_a_system_has_the_items_of_its_records_and_words(
    firm: Firm, system: str, kinds: set[str]
) -> None:
    WorkItem.objects.filter(kind="possible_match").update(
        golden=firm.twin if system == "psa" else firm.acme
    )
    found = work.wanted_items(Wanted(system=system), writer.now())
    assert {each.kind for each in found} == kinds


def test_a_search_finds_a_part_of_a_title_or_a_code(firm: Firm) -> None:
    for text, kind in (("LUKE", "unmapped_value"), (firm.twin.code.lower(), "possible_match")):
        [found] = work.wanted_items(Wanted(text=text), writer.now())
        assert found.kind == kind


def test_work_is_put_off_with_its_reason_and_taken_up_again() -> None:
    row, now = item(1), writer.now()
    chosen = WorkItem.objects.all()
    assert work.snooze(chosen, now + timedelta(days=3), ADA) == 1
    assert list(work.wanted_items(Wanted(), now)) == []
    assert list(work.wanted_items(Wanted(snoozed=True), now)) == [row]
    note = AuditEntry.objects.get()
    assert (note.kind, note.actor_name, note.reason) == ("work_put_off", "Ada", ADA.reason)
    assert note.facts["item"] == str(row.pk)
    work.snooze(chosen, None, ADA)
    assert list(work.wanted_items(Wanted(), now)) == [row]
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_work_is_put_off_for_a_while_that_is_to_come(days: int) -> None:
    item(1)
    with pytest.raises(Refused, match="a year ahead"):
        work.snooze(WorkItem.objects.all(), writer.now() + timedelta(days=days), ADA)


@pytest.mark.parametrize(
    ("kind", "facts", "closes"),
    [
        ("version_conflict", {}, True),
        ("drift", {"source_id": "7"}, True),
        ("drift", {"drift": "1"}, False),
        ("quarantined", {}, False),
    ],
)
def test_only_what_nothing_else_closes_is_closed_by_hand(
    kind: str, facts: dict[str, str], closes: bool
) -> None:
    row = item(1, kind, facts=facts)
    assert work.closes_by_hand(row) is closes
    if not closes:
        with pytest.raises(Refused, match="closes by itself"):
            work.close(WorkItem.objects.all(), ADA)
        return
    assert work.close(WorkItem.objects.all(), ADA) == 1
    row.refresh_from_db()
    assert (row.state, AuditEntry.objects.get().kind) == ("done", "work_closed")
    assert row.closed_at
    assert work.close(WorkItem.objects.all(), ADA) == 0
    assert work.assign(WorkItem.objects.all(), User.objects.create(username="ada")) == 0
