"""Writing to HubSpot in batches of 100, and reading it by id and by time.

Records whose id is known are updated by it and get our code; the others are upserted by our code.
Associations and elements are written after the records they join.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync.connectors.base import confirmed
from sync.connectors.faults import Turned
from sync.connectors.hubspot import prices
from sync.connectors.hubspot.batches import NOWHERE
from sync.connectors.hubspot.joints import HubSpotJoints
from sync.connectors.hubspot.objects import JOINED, OWN, PARENT
from sync.connectors.hubspot.reading import Record
from sync.connectors.paths import nested
from sync.connectors.profile import Object, Rendered
from sync.outbound.answers.retry import Answer
from sync.outbound.content.envelope import Message, Operation


class HubSpot(HubSpotJoints):
    """One HubSpot account."""

    def rendered(self, message: Message) -> Rendered:
        """The record in HubSpot's properties."""
        return super().rendered(prices.by_unit(message))

    def projection(self, message: Message) -> Mapping[str, Any]:
        """What the account should hold after the message."""
        return super().projection(prices.by_unit(message))

    def send_alike(self, messages: Sequence[Message]) -> list[Answer]:
        """Write many records at once; ends of records go one by one."""
        thing = self.profile.objects.get(messages[0].entity)
        if thing is not None and not thing.attributes:
            return [confirmed("", f"{thing.name} are only read") for _ in messages]
        if messages[0].operation is not Operation.PUT:
            return [self.attempt(self._end, message) for message in messages]
        rendered: dict[int, Rendered] = {}
        told: dict[int, Answer] = {}
        for position, message in enumerate(messages):
            try:
                rendered[position] = self.rendered(message)
            except Turned as turned:
                told[position] = turned.answer
        if rendered:
            told |= self._put(self.object_of(messages[0].entity), messages, rendered)
        return [told[position] for position in range(len(messages))]

    def _put(
        self, thing: Object, messages: Sequence[Message], rendered: Mapping[int, Rendered]
    ) -> dict[int, Answer]:
        if not thing.name:  # its elements stand for it
            told = {p: confirmed(messages[p].key) for p in rendered}
            return self._joined(thing, messages, rendered, told)
        known = {
            position: {"id": messages[position].target.source_ids[0],
                       "properties": self._properties(messages[position], each.values)}
            for position, each in rendered.items()
            if messages[position].target.source_ids
        }  # fmt: skip
        told = self._write(thing.name, "update", known)
        fresh = {
            position: {
                "id": messages[position].key,
                "idProperty": self._key,
                "objectWriteTraceId": messages[position].id,
                "properties": self._properties(
                    messages[position], {**rendered[position].filled, **thing.first}
                ),
            }
            for position in rendered
            if told.get(position, NOWHERE) is NOWHERE
        }
        told |= self._write(thing.name, "upsert", fresh)
        return self._joined(thing, messages, rendered, told)

    def _properties(self, message: Message, values: Record) -> dict[str, str]:
        """What is written of a record itself; what joins it with others is written after it."""
        sent = nested({name: value for name, value in values.items()
                       if not name.startswith(JOINED) and name != OWN + PARENT})  # fmt: skip
        properties: dict[str, str] = {**sent.get("properties", {}), self._key: message.key}
        if "dealname" in properties:
            properties["pipeline"] = str(self.settings["pipeline"])
        return properties

    def _end(self, message: Message) -> Answer:
        """Mark a record as used no longer; one that is not there needs nothing."""
        thing = self.object_of(message.entity)
        merged = message.operation is Operation.MERGE
        if not thing.name:
            for child in thing.children:
                self._end_elements(child, {message.key: message.key}, ())
            return confirmed("" if merged else message.key)
        known = next(iter(message.target.source_ids), None) or self._find(thing, message.key)
        values = nested(dict(thing.inactive))["properties"]
        rows = {0: {"id": known, "properties": values}} if known else {}
        answer = self._write(thing.name, "update", rows).get(0, NOWHERE)
        if answer is NOWHERE:
            return confirmed("", "the target does not hold it")
        return replace(answer, target_id="") if merged else answer

    def _find(self, thing: Object, key: str) -> str | None:
        found = self._batch_read(thing, [key], self._key)
        return str(found[0]["id"]) if found else None
