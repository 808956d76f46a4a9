"""How the records of a golden record hang together, and why two records are not the same."""

from __future__ import annotations

import pytest

from canonical.models import Golden
from matching.questions import explanation
from matching.questions import stewardship as steward
from tests.factories import hub
from tests.factories.hub import STEWARD, held, home, put

pytestmark = pytest.mark.django_db

GLOBEX = {"legal_name": "Globex Corporation", "website": "https://www.globex.com"}
INITECH = {"legal_name": "Initech Systems", "website": "https://www.initech.com"}


@pytest.fixture
def merged() -> Golden:
    """Two firms of two records each that a person has made one."""
    hub.open_hub()
    for name, firm in (("g", GLOBEX), ("i", INITECH)):
        first = put("crm", "client", name, firm, 1)
        second = put("erp", "client", name, firm, 1, same_as=str(first.golden and first.golden.pk))
        assert second.golden
    steward.merge(home("crm", "g"), [home("crm", "i")], STEWARD)
    return Golden.objects.get(state="active")


def test_the_weakest_bridge_lies_between_what_a_person_joined(merged: Golden) -> None:
    web = explanation.of_cluster("client", merged.pk)
    assert len(web.members) == 4
    assert len(web.edges) == 6
    assert web.edges[0].weight >= web.edges[-1].weight
    assert web.weakest is not None
    sides = {frozenset(web.weakest.left), frozenset(web.weakest.right)}
    assert sides == {frozenset((held("crm", name).pk, held("erp", name).pk)) for name in ("g", "i")}
    assert web.weakest.weight < 0
    assert web.weakest.probability < 0.5


def test_a_lone_record_has_no_bridge() -> None:
    hub.open_hub()
    golden = hub.client("Globex Corporation")
    web = explanation.of_cluster("client", golden.pk)
    assert (len(web.members), web.edges, web.weakest) == (1, (), None)


def test_an_edge_says_what_the_explanation_says(merged: Golden) -> None:
    web = explanation.of_cluster("client", merged.pk)
    for edge in web.edges:
        told = explanation.of_records("client", edge.a, edge.b)
        systems = {m.record: m.system for m in web.members}
        if told is not None and systems[edge.a] != systems[edge.b]:
            assert told.weight == edge.weight


def test_why_not_is_told_of_any_two_records(merged: Golden) -> None:
    told = explanation.of_records("client", held("crm", "g").pk, held("crm", "i").pk)
    assert told is not None
    assert any(step.weight < 0 and step.sentence for step in told.steps)
    assert told.changes
