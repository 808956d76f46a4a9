"""The six entities as JSON Schema with examples, made from the declarations of their attributes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from canonical.api.contract import describe
from canonical.api.contract.describe import Schema
from canonical.attributes import Attribute, EntitySchema, Kind
from canonical.entities import schemas
from canonical.vocabularies import SHIPPED

EXAMPLE_ID: Final = "01990a3e-5d2c-7c41-9d5e-3f0a6f1b2c3d"
OTHER_ID: Final = "01990a3e-6f10-7a02-8b7c-1d2e3f4a5b6c"
EXAMPLE_INSTANT: Final = "2026-03-31T09:30:00Z"
_FIRST: Final = {v.name: v.terms[0] for v in SHIPPED if v.terms}

_SIMPLE: Final[Mapping[Kind, Schema]] = {
    Kind.TEXT: describe.STRING,
    Kind.INTEGER: describe.INTEGER,
    Kind.DECIMAL: {"type": "string", "format": "decimal"},
    Kind.MONEY: describe.named("Money"),
    Kind.BOOLEAN: describe.BOOLEAN,
    Kind.DATE: describe.DAY,
    Kind.DATETIME: describe.INSTANT,
    Kind.CODE: describe.STRING,
    Kind.COUNTRY: {"type": "string", "description": "ISO 3166-1 alpha-2"},
    Kind.CURRENCY: {"type": "string", "description": "ISO 4217"},
    Kind.LANGUAGE: {"type": "string", "description": "BCP 47"},
    Kind.EMAIL: describe.STRING,
    Kind.PHONE: {"type": "string", "description": "E.164 where it could be parsed"},
    Kind.URI: describe.STRING,
    Kind.JSON: {"type": "object", "additionalProperties": True},
}
_EXAMPLES: Final[Mapping[Kind, Any]] = {
    Kind.TEXT: "text",
    Kind.INTEGER: 30,
    Kind.DECIMAL: "0.50",
    Kind.MONEY: {"amount": "240000.00", "currency": "EUR"},
    Kind.BOOLEAN: False,
    Kind.DATE: "2026-03-31",
    Kind.DATETIME: EXAMPLE_INSTANT,
    Kind.COUNTRY: "DE",
    Kind.CURRENCY: "EUR",
    Kind.LANGUAGE: "de",
    Kind.EMAIL: "erika@example.com",
    Kind.PHONE: "+4930901820",
    Kind.URI: "https://example.com",
    Kind.REFERENCE: {"id": OTHER_ID, "code": "XX-000007"},
    Kind.JSON: {},
}
_NAMED_EXAMPLES: Final[Mapping[str, Any]] = {
    "legal_name": "Muster Maschinenbau GmbH",
    "trading_name": "Muster",
    "display_name": "Erika Muster",
    "title": "Framework agreement 2026",
    "name": "Plant migration",
    "lei": "529900T8BM49AURSDO55",
    "iban": "DE89370400440532013000",
}

MONEY: Final = describe.record(
    {
        "amount": {"type": "string", "format": "decimal", "description": "Exact, never a float."},
        "currency": _SIMPLE[Kind.CURRENCY],
    }
)
REFERENCE: Final = describe.record(
    {"id": describe.UUID, "code": describe.nullable(describe.STRING)}
) | {"description": "The golden record; the whole document where `expand` names it."}
SOURCE: Final = describe.record({"system": describe.STRING, "source_id": describe.STRING})
HEAD: Final[Mapping[str, Schema]] = {
    "id": describe.UUID | {"description": "Permanent; an alias for ever after a merge."},
    "code": describe.STRING,
    "entity": describe.STRING,
    "version": describe.INTEGER | {"description": "The ETag."},
    "state": {"type": "string", "enum": ["active", "merged", "retired"]},
    "merged_into": describe.nullable(describe.UUID),
    "created_at": describe.INSTANT,
    "updated_at": describe.INSTANT,
    "in_review": describe.BOOLEAN | {"description": "A person has yet to decide whom it matches."},
    "masked": describe.listing(describe.STRING)
    | {"description": "Attributes that hold null because the caller lacks the grant."},
}
_EFFECTIVE: Final[Schema] = describe.BOOLEAN | {
    "description": "Whether the record holds on the day of `effective_on`."
}


def component(entity: str) -> str:
    """`billing_schedule` -> `BillingSchedule`."""
    return entity.title().replace("_", "")


def attribute_schema(attribute: Attribute) -> Schema:
    """The schema of one attribute's value, null for nothing."""
    schema = _value_schema(attribute)
    notes = [attribute.help] if attribute.help else []
    notes += [f"Vocabulary `{attribute.vocabulary}`."] if attribute.vocabulary else []
    notes += ["Restricted."] if attribute.restricted else []
    schema = schema if attribute.kind is Kind.LIST else describe.nullable(schema)
    if attribute.kind is Kind.LIST and attribute.restricted:
        schema = describe.nullable(schema)
    return schema | {"description": " ".join(notes)} if notes else schema


def _value_schema(attribute: Attribute) -> Schema:
    if attribute.kind is Kind.LIST:
        return describe.listing(_element_schema(attribute))
    if attribute.kind is Kind.OBJECT:
        return {"type": "object", "properties": _properties(attribute.fields)}
    if attribute.kind is Kind.REFERENCE:
        return describe.named("Reference")
    return dict(_SIMPLE[attribute.kind])


def _element_schema(attribute: Attribute) -> Schema:
    if attribute.fields:
        return {"type": "object", "properties": _properties(attribute.fields)}
    if attribute.of is Kind.REFERENCE:
        return describe.named("Reference")
    return dict(_SIMPLE[attribute.of or Kind.TEXT])


def _properties(attributes: tuple[Attribute, ...]) -> Schema:
    return {attribute.name: attribute_schema(attribute) for attribute in attributes}


def entity_schema(schema: EntitySchema) -> Schema:
    """The document of one entity."""
    properties = {
        **HEAD,
        **_properties(schema.attributes),
        "sources": describe.listing(describe.named("Source")),
    }
    return {
        "type": "object",
        "required": [*HEAD],
        "properties": properties | {"effective": _EFFECTIVE},
    }


def example(attribute: Attribute) -> Any:
    """A plausible value of one attribute."""
    if attribute.kind is Kind.LIST:
        one = {f.name: example(f) for f in attribute.fields}
        return [one or _EXAMPLES.get(attribute.of or Kind.TEXT, "standard")]
    if attribute.kind is Kind.OBJECT:
        return {part.name: example(part) for part in attribute.fields}
    if attribute.kind is Kind.CODE:
        return _FIRST.get(attribute.vocabulary or "", "standard")
    return _NAMED_EXAMPLES.get(attribute.name, _EXAMPLES[attribute.kind])


@cache
def _example(entity: str) -> dict[str, Any]:
    schema = schemas()[entity]
    head = {
        "id": EXAMPLE_ID,
        "code": f"{schema.prefix}-000123",
        "entity": entity,
        "version": 7,
        "state": "active",
        "merged_into": None,
        "created_at": EXAMPLE_INSTANT,
        "updated_at": EXAMPLE_INSTANT,
        "in_review": False,
    }
    values = {a.name: example(a) for a in schema if not a.restricted}
    sources = [{"system": "crm", "source_id": "0015g00000A1b2C"}]
    return {**head, **values, "sources": sources, "masked": []}


def entity_example(entity: str) -> dict[str, Any]:
    """A document of one entity; a copy."""
    return dict(_example(entity))


def add_entities(result: Schema, **_: Any) -> Schema:
    """A step of the document: the entities as components."""
    components = result["components"]["schemas"]
    components |= {"Money": MONEY, "Reference": REFERENCE, "Source": SOURCE}
    for entity, schema in schemas().items():
        components[component(entity)] = entity_schema(schema)
    return result
