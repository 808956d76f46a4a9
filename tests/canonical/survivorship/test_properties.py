"""Survivorship is a function: of the set of contributions, of nothing else (law 1)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.attributes import Attribute, Kind
from canonical.entities import schema_of
from canonical.survivorship import Contribution, Policy, Strategy, golden, lineage

TIMES = st.sampled_from([f"2026-0{month}-01T00:00:00.000000Z" for month in range(1, 5)])
WORDS = st.sampled_from(["a", "b", "bb", "ccc"])
DAYS = ("2026-01-15", "2026-06-01")
VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "client": {
        "legal_name": WORDS,
        "email": WORDS,
        "payment_terms": st.dictionaries(
            st.sampled_from(["code", "net_days"]), st.integers(0, 3), min_size=1
        ),
        "tags": st.lists(WORDS, min_size=1, max_size=3),
        "addresses": st.lists(
            st.fixed_dictionaries({"role": WORDS, "locality": WORDS}), min_size=1, max_size=3
        ),
        "extensions": st.dictionaries(st.sampled_from(["x.a", "x.b"]), WORDS, min_size=1),
    },
    "billing_schedule": {
        "name": WORDS,
        "items": st.lists(
            st.fixed_dictionaries(
                {"item_no": st.sampled_from(["1", "2"])},
                optional={
                    "milestone_name": WORDS,
                    "amount": WORDS,
                    "item_status": WORDS,
                    "invoice_ref": WORDS,
                },
            ),
            min_size=1,
            max_size=3,
        ),
    },
}
RULES = st.fixed_dictionaries(
    {"strategy": st.sampled_from(sorted(Strategy))},
    optional={
        "trust": st.dictionaries(st.sampled_from(["crm", "erp"]), st.integers(0, 3)),
        "asserts_empty": st.lists(st.sampled_from(["crm", "erp"]), max_size=1),
    },
)


@st.composite
def known(draw: st.DrawFn) -> tuple[str, Policy, list[Contribution], str]:
    """An entity, a policy, up to six contributions to one golden record, and a day."""
    entity = draw(st.sampled_from(sorted(VALUES)))
    shapes = VALUES[entity]
    rules = draw(st.dictionaries(st.sampled_from(sorted(shapes)), RULES))
    trust = draw(st.dictionaries(st.sampled_from(["crm", "erp", "psa"]), st.integers(0, 2)))
    policy = Policy.from_rules(entity, 1, {"trust": trust, "attributes": rules})
    names = draw(
        st.lists(
            st.tuples(st.sampled_from(["crm", "erp", "console"]), st.sampled_from("123")),
            unique=True,
            max_size=6,
        )
    )
    return (
        entity,
        policy,
        [_contribution(draw, shapes, *name) for name in names],
        draw(st.sampled_from(DAYS)),
    )


def _contribution(
    draw: st.DrawFn, shapes: dict[str, st.SearchStrategy[Any]], system: str, source_id: str
) -> Contribution:
    values = draw(st.fixed_dictionaries({}, optional=shapes))
    steward = system == "console"
    paths = sorted(shapes)
    if steward and "items" in shapes:
        paths += ["items[1].amount", "items[2]"]
        values |= draw(st.fixed_dictionaries({}, optional={"items[1].amount": WORDS}))
    empty = draw(st.sets(st.sampled_from(paths))) - values.keys() if steward else set()
    told = values.keys() | empty
    return Contribution(
        record=f"{system} {source_id}",
        system=system,
        source_id=source_id,
        values=values,
        changed_at={name: draw(TIMES) for name in sorted(told)},
        retired=not steward and draw(st.booleans()),
        steward=steward,
        empty=frozenset(empty),
        expires={name: "2026-03-01" for name in sorted(told) if steward and draw(st.booleans())},
    )


PROFILE = settings(max_examples=80, deadline=None, derandomize=True, database=None)


@PROFILE
@given(known(), st.randoms(use_true_random=False))
def test_only_the_set_of_contributions_matters(case: Any, random: Any) -> None:
    """Not their order, and not one that says nothing; what was given stays as it was."""
    entity, policy, contributions, day = case
    schema, held = schema_of(entity), str(contributions)
    first = golden(schema, policy, contributions, day)
    silent = Contribution("silent", "zzz", "9", {})
    shuffled = random.sample([*contributions, silent], len(contributions) + 1)
    second = golden(schema, policy, shuffled, day)
    assert (first.values, first.winners) == (second.values, second.winners)
    assert sorted(map(str, first.issues)) == sorted(map(str, second.issues))
    assert str(contributions) == held


@PROFILE
@given(known())
def test_what_survived_survives_again(case: Any) -> None:
    """The golden record as its only contribution gives itself."""
    entity, policy, contributions, day = case
    found = golden(schema_of(entity), policy, contributions, day).values
    alone = Contribution("r", "console", "1", found, steward=True)
    assert golden(schema_of(entity), policy, [alone], day).values == found


@PROFILE
@given(known())
def test_winners_and_lineage_tell_what_the_golden_record_says(case: Any) -> None:
    entity, policy, contributions, day = case
    schema = schema_of(entity)
    found = golden(schema, policy, contributions, day)
    by_name = {c.record: c for c in contributions}
    told = {row["attribute"]: row for row in lineage(schema, policy, contributions, day)}
    assert found.values.keys() <= told.keys()
    for name, row in told.items():
        assert row["value"] == found.values.get(name)
        assert row["winner"]["record"] not in {lost["record"] for lost in row["losing"]}
        assert row["parts"].items() <= found.winners.items()
        if _plain(schema[name]):
            winner = by_name[found.winners[name]]
            assert row["winner"]["record"] == winner.record
            assert found.values.get(name) == winner.values.get(name)
            assert not winner.retired or all(_behind(c, name, day) for c in contributions)


def _plain(attribute: Attribute) -> bool:
    return attribute.kind not in (Kind.LIST, Kind.JSON)


def _behind(contribution: Contribution, name: str, day: str) -> bool:
    """Whether it has no live word on the attribute, which none that is retired may beat."""
    return contribution.retired or not contribution.holds(name, day)


@PROFILE
@given(known())
def test_every_element_was_said_by_someone(case: Any) -> None:
    entity, policy, contributions, day = case
    schema = schema_of(entity)
    found = golden(schema, policy, contributions, day)
    for name in ("tags", "addresses"):
        said = [element for c in contributions for element in c.values.get(name, ())]
        assert all(element in said for element in found.values.get(name, ()))
