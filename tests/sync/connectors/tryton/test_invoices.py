"""A real Tryton bills what a schedule says; what it invoiced comes back in."""

from __future__ import annotations

from decimal import Decimal

import pytest

from canonical.models import Golden, SourceRecord
from tests.factories import hub
from tests.sync.connectors.tryton.samples import engaged
from tests.tryton.accounting import books_of, invoice, post
from tests.tryton.billing import bill, billed
from tests.tryton.linked import Linked

pytestmark = [pytest.mark.tryton, pytest.mark.django_db]


def test_what_tryton_invoiced_comes_back_with_number_and_date(linked: Linked) -> None:
    _, _, schedule = engaged(linked)
    books = books_of(linked.erp, "Halden Marsh GmbH")
    bill(linked.erp, "2026-11-01")
    drafted = invoice(linked.erp, books, "2026-11-01")
    linked.pull("billing_schedule")
    assert told(schedule) == {"1": ("invoice_drafted", None, None), "2": (None, None, None)}
    post(linked.erp, drafted, "2026-11-02", books)
    linked.pull("billing_schedule")
    [number] = [each["number"] for each in linked.erp.find("account.invoice", [], "number")]
    assert number
    assert told(schedule)["1"] == ("invoiced", number, "2026-11-02")
    first, second = hub.document(schedule)["items"]
    assert (first["invoice_ref"], first["invoiced_on"]) == (number, "2026-11-02")
    assert second["item_status"] == "not_ready"
    linked.deliver()
    assert linked.at_rest(), linked.errors()
    assert billed(linked.erp) == [("1: Kick-off", Decimal(30000))]  # what was said there stays


def told(schedule: Golden) -> dict[str, tuple[str | None, ...]]:
    """What Tryton says of each item: its status, the invoice and its day."""
    record = SourceRecord.objects.get(system="tryton", links__golden=schedule)
    assert record.current is not None
    names = ("item_status", "invoice_ref", "invoiced_on")
    items = record.current.values["items"]
    return {each["item_no"]: tuple(each.get(name) for name in names) for each in items}
