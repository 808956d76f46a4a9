"""A mapping as data: what it makes of a payload, what it refuses, and that it never raises."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.inbound.mapping import MappingError, MappingIssue, compile_mapping
from sync.inbound.transforms import names

SPEC: dict[str, Any] = {
    "system": "crm",
    "entity": "clients",
    "version": 3,
    "envelope": {
        "modified_at": {"from": "LastModifiedDate"},
        "same_as": {"from": "Golden_Id__c"},
        "retired": {"from": "IsDeleted"},
        "version": {"from": "Revision"},
    },
    "rules": [
        {"to": "legal_name", "from": "Name", "transforms": [{"name": "trim"}]},
        {"to": "client_status", "from": "Type", "transforms": [{"name": "code"}]},
        {"to": "party_type", "constant": "organization"},
        {"to": "parent", "from": "ParentId", "transforms": [{"name": "reference"}]},
        {
            "to": "credit_limit",
            "from": "[Limit__c, CurrencyIsoCode]",
            "transforms": [{"name": "money"}],
        },
        {"to": "payment_terms.net_days", "from": "Days", "transforms": [{"name": "integer"}]},
        {
            "to": "website",
            "from": "Website",
            "optional": True,
            "transforms": [{"name": "extract", "pattern": "^https?://.+"}, {"name": "lower"}],
        },
    ],
    "lists": {
        "addresses": [
            {
                "each": "@",
                "rules": [
                    {"to": "role", "constant": kind.lower()},
                    {"to": "locality", "from": f"{kind}City"},
                    {
                        "to": "country",
                        "from": f"{kind}Country",
                        "transforms": [{"name": "country"}],
                    },
                ],
            }
            for kind in ("Billing", "Shipping")
        ],
        "contacts": [
            {
                "each": "Contacts.records",
                "rules": [
                    {"to": "name", "from": "Name"},
                    {
                        "to": "phone",
                        "from": "[Phone, 'GB']",
                        "optional": True,
                        "transforms": [{"name": "phone"}],
                    },
                ],
            }
        ],
    },
}


def spec(**changes: Any) -> dict[str, Any]:
    return {**SPEC, **changes}


def one_rule(**rule: Any) -> dict[str, Any]:
    return spec(rules=[rule], lists={}, envelope={})


def test_a_payload_becomes_canonical_values() -> None:
    record = compile_mapping(SPEC).apply(
        {
            "Name": " Acme  Holdings plc ",
            "Type": "Customer - Direct",
            "ParentId": "0015g",
            "Limit__c": "120000.00",
            "CurrencyIsoCode": "GBP",
            "Days": 30,
            "Website": "https://ACME.example",
            "LastModifiedDate": "2026-05-20T20:49:32.000+0000",
            "IsDeleted": True,
            "Golden_Id__c": "CL-000123",
            "Revision": 17,
            "BillingCity": "London",
            "BillingCountry": "United Kingdom",
            "ShippingCountry": "",
            "Contacts": {"records": [{"Name": "Ada", "Phone": "020 7946 0958"}]},
        }
    )
    assert record.errors == []
    assert record.values == {
        "legal_name": "Acme Holdings plc",
        "client_status": "Customer - Direct",
        "party_type": "organization",
        "parent": {"source_id": "0015g"},
        "credit_limit": {"amount": "120000.00", "currency": "GBP"},
        "payment_terms": {"net_days": 30},
        "website": "https://acme.example",
        "addresses": [{"role": "billing", "locality": "London", "country": "GB"}],
        "contacts": [{"name": "Ada", "phone": "+442079460958"}],
    }
    assert record.modified_at == datetime(2026, 5, 20, 20, 49, 32, tzinfo=UTC)
    assert (record.version, record.same_as, record.retired) == (17, "CL-000123", True)


def test_empty_values_say_nothing() -> None:
    empty: dict[str, Any] = {
        "Name": "",
        "Type": None,
        "ParentId": "  ",
        "Contacts": {"records": []},
        "Days": [],
    }
    record = compile_mapping(SPEC).apply(empty)
    assert record.values == {"party_type": "organization"}
    assert (record.errors, record.modified_at, record.retired) == ([], None, None)


def test_errors_name_the_field_the_rule_and_the_reason() -> None:
    record = compile_mapping(SPEC).apply(
        {
            "Name": {"first": "Acme"},
            "BillingCity": "London",
            "BillingCountry": "GB",
            "ShippingCountry": "Atlantis",
            "Contacts": {"records": [{"Name": "Ada", "Phone": "ask"}]},
        }
    )
    assert [(issue.pointer, issue.rule, issue.code) for issue in record.errors] == [
        ("/legal_name", "/rules/0", "trim"),
        ("/addresses/1/country", "/lists/addresses/1/rules/2", "country"),
    ]
    assert record.errors[1].detail == "'Atlantis' is not a country"
    assert [issue.pointer for issue in record.warnings] == ["/contacts/0/phone"]
    assert record.values["contacts"] == [{"name": "Ada"}]


def test_a_record_does_not_share_constants_with_the_next() -> None:
    mapping = compile_mapping(one_rule(to="includes", constant=["time"]))
    mapping.apply({}).values["includes"].append("expense")
    assert mapping.apply({}).values == {"includes": ["time"]}


def test_a_list_of_too_many_elements_is_an_error() -> None:
    record = compile_mapping(SPEC).apply({"Contacts": {"records": [{"Name": "A"}] * 2001}})
    assert record.errors == [
        MappingIssue(
            "/contacts", "/lists/contacts/0/each", "elements", "has 2001 elements, more than 2000"
        )
    ]


def test_targets_are_the_attributes_it_may_fill() -> None:
    assert {"addresses", "legal_name", "payment_terms"} <= set(compile_mapping(SPEC).targets)


@pytest.mark.parametrize(
    ("bad", "pointer", "reason"),
    [
        ([], "", "must be an object"),
        ({}, "/rules", "is missing"),
        (spec(entity=7), "/entity", "must be text"),
        (spec(version="1"), "/version", "must be a whole number"),
        (spec(rule=[]), "/rule", "'rule' is not known here"),
        (spec(rules={}), "/rules", "must be a list of rules"),
        (spec(rules=["x"]), "/rules/0/to", "names the attribute"),
        (one_rule(to="a b", constant=1), "/rules/0/to", "cannot name an attribute"),
        (one_rule(to="a"), "/rules/0", "needs either from or constant"),
        (one_rule(to="a", **{"from": "b", "constant": 1}), "/rules/0", "needs either"),
        (one_rule(to="a", **{"from": 7}), "/rules/0/from", "must be text"),
        (one_rule(to="a", **{"from": "b["}), "/rules/0/from", "is not JMESPath"),
        (one_rule(to="a", **{"from": "b", "optional": 1}), "/rules/0/optional", "true or false"),
        (one_rule(to="a", **{"from": "b", "transforms": {}}), "/rules/0/transforms", "a list"),
        (
            one_rule(to="a", **{"from": "b", "transforms": [{"name": "shout"}]}),
            "/rules/0/transforms/0",
            "no transform is called 'shout'",
        ),
        (one_rule(to="a", constant=1, transforms=[]), "/rules/0/transforms", "as it is meant"),
        (spec(rules=[{"to": "a", "constant": 1}] * 2), "", "a is filled by two rules"),
        (
            spec(rules=[{"to": "a", "constant": 1}, {"to": "a.b", "constant": 1}]),
            "",
            "a.b is filled by two rules",
        ),
        (spec(rules=[{"to": "a", "constant": 1}] * 301), "/rules", "more than 300 rules"),
        (spec(lists=[]), "/lists", "must be an object"),
        (spec(lists={"a": {}}), "/lists/a", "must be a list"),
        (spec(lists={"a": [{"each": "@"}]}), "/lists/a/0/rules", "is missing"),
        (spec(envelope={"when": {}}), "/envelope/when", "not known here"),
        (spec(envelope={"version": {"constant": 1}}), "/envelope/version/constant", "differs"),
    ],
)
def test_an_unusable_mapping_is_refused_with_the_place(bad: Any, pointer: str, reason: str) -> None:
    with pytest.raises(MappingError) as refused:
        compile_mapping(bad)
    assert any(
        issue.pointer == pointer and reason in issue.detail for issue in refused.value.issues
    ), refused.value.issues


def test_all_faults_are_listed_at_once() -> None:
    with pytest.raises(MappingError) as refused:
        compile_mapping(spec(rules=[{"to": "a", "from": "["}, {"to": "b", "from": "["}]))
    assert [issue.pointer for issue in refused.value.issues] == ["/rules/0/from", "/rules/1/from"]


# --- properties

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.sampled_from(["Atlantis", "2026-02-30", "/Date(99999999999999)/", "9" * 30, "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner),
    max_leaves=20,
)
PARAMETERS: dict[str, dict[str, Any]] = {
    "split": {"separator": ";"},
    "extract": {"pattern": "(a+)b"},
    "lookup": {"table": {"a": 1}},
}
EVERY_TRANSFORM = compile_mapping(
    {
        "system": "s",
        "entity": "clients",
        "version": 1,
        "envelope": {
            key: {"from": "a || b"} for key in ("modified_at", "version", "same_as", "retired")
        },
        "rules": [
            {
                "to": f"{name}_{index}",
                "from": expression,
                "transforms": [{"name": name, **PARAMETERS.get(name, {})}],
            }
            for name in names()
            for index, expression in enumerate(["a", "[b, c]", "c.d[?@ < a] || sort(b)"])
        ],
        "lists": {
            "list": [{"each": "b", "rules": [{"to": "c", "from": "join('', @)"}]}],
        },
    }
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200, deadline=None)
@given(JSON | st.dictionaries(st.sampled_from("abcd"), JSON))
def test_apply_never_raises(payload: Any) -> None:
    record = EVERY_TRANSFORM.apply(payload)
    assert isinstance(record.values, dict)
    assert all(issue.detail for issue in record.errors)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200, deadline=None)
@given(JSON | st.fixed_dictionaries({"system": JSON, "rules": st.lists(JSON, max_size=3)}))
def test_any_data_is_a_mapping_or_a_list_of_faults(data: Any) -> None:
    with suppress(MappingError):
        assert compile_mapping(data).targets is not None
