"""A large hub out of a small one: every row that intake wrote, again under other ids and keys.

Sizes, indexes and selectivity are those of a hub that took in as many different records; only the
words repeat. What no page reads (histories, submissions) is not repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import connection, models, transaction
from tqdm import tqdm

from canonical import writer
from canonical.entities import Client
from canonical.models import (
    Change,
    Golden,
    Link,
    SourceRecord,
    SourceVersion,
    UnmappedValue,
    WorkItem,
)
from matching.models import MatchEvidence, MatchFeatures, MatchKey, Review

Row = dict[str, Any]
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STEP: Final = 0x9E3779B97F4A7C15
LOW: Final = (1 << 62) - 1
KEY: Final = (1 << 64) - 1


def multiply(copies: int) -> None:
    """Write each row `copies` times more."""
    rows = {model: list(model._default_manager.values(*_columns(model))) for model in _TABLES}
    for number in tqdm(range(1, copies + 1), desc="copies", unit="copy", disable=None):
        with transaction.atomic():  # keys to rows that follow are checked at its end
            for model, change in _TABLES.items():
                writer.insert(model, [change(dict(row), number) for row in rows[model]])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _columns(model: type[models.Model]) -> Iterator[str]:
    return (field.attname for field in model._meta.concrete_fields)


def _other(value: UUID, number: int) -> UUID:
    """Another id of the same time, told apart by the number of the copy."""
    return UUID(int=value.int ^ (number * STEP & LOW))


def _ids(row: Row, number: int) -> Row:
    """Every id of the row, and those inside its facts."""
    return {name: _moved(name, value, number) for name, value in row.items()}


def _moved(name: str, value: Any, number: int) -> Any:
    if isinstance(value, UUID):
        return _other(value, number)
    if name in ("facts", "detail", "winners"):
        return json.loads(_in_text(json.dumps(value), number))
    return value


def _in_text(text: str, number: int) -> str:
    return ID.sub(lambda one: str(_other(UUID(one[0]), number)), text)


def _golden(row: Row, number: int) -> Row:
    return {**_ids(row, number), "code": f"{row['code']}-{number}"}


def _record(row: Row, number: int) -> Row:
    return {**_ids(row, number), "source_id": f"{row['source_id']}-{number}"}


def _change(row: Row, number: int) -> Row:
    moved = {name: v for name, v in _ids(row, number).items() if name != "seq"}
    return {**moved, "position": None}


def _key(row: Row, number: int) -> Row:
    return {**_ids(row, number), "key": _other_key(row["key"], number)}


def _features(row: Row, number: int) -> Row:
    return {**_ids(row, number), "keys": [_other_key(key, number) for key in row["keys"]]}


def _other_key(key: int, number: int) -> int:
    other = (key ^ (number * STEP)) & KEY
    return other - (1 << 64) if other >> 63 else other


def _word(row: Row, number: int) -> Row:
    moved = {name: v for name, v in _ids(row, number).items() if name != "id"}
    return {**moved, "value": f"{row['value']}-{number}"}


def _item(row: Row, number: int) -> Row:
    moved = _ids(row, number)
    review = moved["facts"].get("review")
    return {**moved, "subject": review or f"{row['subject']}-{number}"}


def _review(row: Row, number: int) -> Row:
    """The two records stay in the order of their ids."""
    moved = _ids(row, number)
    if moved["record_a_id"] > moved["record_b_id"]:
        for side in ("record", "golden"):
            a, b = f"{side}_a_id", f"{side}_b_id"
            moved[a], moved[b] = moved[b], moved[a]
    return moved


_TABLES: Mapping[type[models.Model], Callable[[Row, int], Row]] = {
    Golden: _golden,
    Client: _ids,
    SourceRecord: _record,
    SourceVersion: _ids,
    Link: _ids,
    Change: _change,
    MatchFeatures: _features,
    MatchKey: _key,
    MatchEvidence: _ids,
    UnmappedValue: _word,
    Review: _review,
    WorkItem: _item,
}
