"""`verify_golden` finds whatever differs from what the source records give."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from canonical.golden import verification
from canonical.identity import linking
from canonical.models import (
    Client,
    Contract,
    ContractLine,
    Golden,
    GoldenReference,
    Link,
    Merge,
    SourceVersion,
)
from matching.questions import stewardship as steward
from tests.factories import hub
from tests.factories.hub import STEWARD, client, golden_of, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Golden:
    hub.open_hub()
    client("Acme Mining", source_id="1", credit_limit={"amount": "10.50", "currency": "EUR"})
    data = {
        "contract_number": "C-1",
        "title": "Works",
        "client": {"source_id": "1"},
        "effective_from": "2026-01-31",
        "lines": [{"line_no": "1", "amount": "12.00"}, {"line_no": "2", "amount": "7.25"}],
    }
    return golden_of(put("crm", "contract", "1", data, 1))


TAMPERED: dict[str, Callable[[], Any]] = {
    "a text": lambda: Client.objects.update(legal_name="Evil"),
    "an amount": lambda: Client.objects.update(credit_limit="10.51"),
    "its currency": lambda: Client.objects.update(credit_limit_currency="USD"),
    "a date": lambda: Contract.objects.update(effective_from="2026-01-30"),
    "a reference": lambda: Contract.objects.update(client=None),
    "a line's amount": lambda: ContractLine.objects.filter(line_no="2").update(amount="7.26"),
    "a missing line": lambda: ContractLine.objects.filter(line_no="2").delete(),
    "the order of lines": lambda: ContractLine.objects.update(position=9 - F("position")),
    "who refers to whom": lambda: GoldenReference.objects.all().delete(),
    "a version": lambda: Golden.objects.update(version=9),
    "a state": lambda: Golden.objects.update(state="retired"),
    "a source's values": lambda: SourceVersion.objects.update(values={"legal_name": "Evil"}),
    "a link": lambda: Link.objects.update(until=F("since")),
    "a history row": lambda: Client.history.update(legal_name="Evil"),
    "a missing history row": lambda: Client.history.all().delete(),
}


def test_all_is_well(contract: Golden) -> None:
    out = StringIO()
    call_command("verify_golden", stdout=out)
    assert "2 golden records agree" in out.getvalue()


@pytest.mark.parametrize("what", TAMPERED)
def test_finds(what: str, contract: Golden) -> None:
    TAMPERED[what]()
    out = StringIO()
    with pytest.raises(CommandError, match="difference"):
        call_command("verify_golden", stdout=out)
    assert "CL-" in out.getvalue() or "CT-" in out.getvalue()


def test_finds_an_id_that_answers_with_another_survivor(contract: Golden) -> None:
    first, second, third = client("Bison Foods"), client("Crane Rail"), client("Delta Glass")
    merge = steward.merge(first.pk, [second.pk], STEWARD).merges[0]
    Merge.objects.filter(pk=merge.pk).update(survivor=third)
    assert [d.golden for d in verification.verify()] == [second.pk]


def test_what_waits_for_a_recompute_is_pending_not_wrong(contract: Golden) -> None:
    Contract.objects.update(title="Evil")
    linking.mark_due([contract.pk], "test", contract.updated_at)
    assert list(verification.verify()) == []
