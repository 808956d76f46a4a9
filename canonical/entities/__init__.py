"""The six golden models, one file each, and their schemas collected from the declarations.

`ENTITIES` is in publish order: what an empty target must receive first stands first.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from canonical.attributes import Attribute, EntitySchema, named
from canonical.entities.base import GoldenRecord, GoldenRow
from canonical.entities.billing_schedule import BillingItem, BillingSchedule
from canonical.entities.client import Client
from canonical.entities.contract import Contract, ContractLine
from canonical.entities.engagement import Engagement
from canonical.entities.rate_card import RateCard, RateLine
from canonical.entities.resource import Resource

__all__ = [
    "ENTITIES",
    "BillingItem",
    "BillingSchedule",
    "Client",
    "Contract",
    "ContractLine",
    "Engagement",
    "RateCard",
    "RateLine",
    "Resource",
    "entity_named",
    "entity_of_path",
    "model_of",
    "rows_of",
    "schema_of",
    "schemas",
]

MODELS: tuple[type[GoldenRecord], ...] = (
    Client,
    Resource,
    RateCard,
    Contract,
    Engagement,
    BillingSchedule,
)
ROWS: dict[str, type[GoldenRow]] = {
    "contract": ContractLine,
    "rate_card": RateLine,
    "billing_schedule": BillingItem,
}
ENTITIES: tuple[str, ...] = tuple(model.ENTITY for model in MODELS)
_BY_ENTITY = {model.ENTITY: model for model in MODELS}
_BY_PATH = {model.PATH: model.ENTITY for model in MODELS}


def model_of(entity: str) -> type[GoldenRecord]:
    """The typed model of an entity; KeyError for an unknown one."""
    return _BY_ENTITY[entity]


def rows_of(entity: str) -> type[GoldenRow] | None:
    """The model of the entity's list that is kept in a table, where it has one."""
    return ROWS.get(entity)


def entity_named(name: str) -> str:
    """The entity by its own name or its path, `rate_card` or `rate-cards`; KeyError for others."""
    return name if name in ENTITIES else entity_of_path(name)


def entity_of_path(path: str) -> str:
    """`billing-schedules` -> `billing_schedule`; KeyError for an unknown path."""
    return _BY_PATH[path]


@cache
def schema_of(entity: str) -> EntitySchema:
    """The entity's declared attributes, in the order of its file."""
    model = model_of(entity)
    declared = _declared(model)
    row = rows_of(entity)
    if row is not None:
        listed: Attribute = row.list_attribute  # type: ignore[attr-defined]
        declared += (_with_fields(listed, _declared(row)),)
    return EntitySchema(entity=entity, path=model.PATH, prefix=model.PREFIX, attributes=declared)


def schemas() -> dict[str, EntitySchema]:
    """Every schema by entity, in publish order."""
    return {entity: schema_of(entity) for entity in ENTITIES}


def _declared(model: type[GoldenRecord] | type[GoldenRow]) -> tuple[Attribute, ...]:
    fields = model._meta.concrete_fields
    own = [f for f in fields if hasattr(f, "attribute")]
    own.sort(key=lambda f: f.name in ("tags", "extensions"))
    return tuple(named(f.attribute, f.name) for f in own)


def _with_fields(listed: Attribute, fields: tuple[Attribute, ...]) -> Attribute:
    return replace(listed, fields=fields)
