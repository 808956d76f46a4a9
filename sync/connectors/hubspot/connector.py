"""Writing to HubSpot in batches of 100, and reading it by id and by time.

Records whose id is known are updated by it and get our code; the others are upserted by our code.
Associations are written after the records they join.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sync.connectors.base import confirmed, parts
from sync.connectors.faults import Turned, said
from sync.connectors.hubspot import answers
from sync.connectors.hubspot.reading import AT_ONCE, HubSpotReader, Record
from sync.connectors.paths import nested
from sync.connectors.profile import Child, Object, Rendered
from sync.connectors.rest import Response
from sync.outbound.envelope import Message, Operation
from sync.outbound.retry import Answer, Verdict

JOINED: Final = "associations."


class HubSpot(HubSpotReader):
    """One HubSpot account."""

    batch = AT_ONCE

    def send_alike(self, messages: Sequence[Message]) -> list[Answer]:
        """Write many records at once; ends of records go one by one."""
        thing = self.profile.objects.get(messages[0].entity)
        if thing is not None and not thing.creates and not thing.inactive:
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
                "properties": self._properties(messages[position], rendered[position].filled),
            }
            for position in rendered
            if told.get(position, NOWHERE) is NOWHERE
        }
        told |= self._write(thing.name, "upsert", fresh)
        return self._joined(thing, messages, rendered, told)

    def _properties(self, message: Message, values: Record) -> dict[str, str]:
        sent = nested({n: v for n, v in values.items() if not n.startswith(JOINED)})
        properties: dict[str, str] = {**sent.get("properties", {}), self._key: message.key}
        if "dealname" in properties:
            properties["pipeline"] = str(self.settings["pipeline"])
        return properties

    def _write(self, name: str, how: str, rows: Mapping[int, Record]) -> dict[int, Answer]:
        """Write inputs by their ids or by our key; those that are not there say NOWHERE."""
        told: dict[int, Answer] = {}
        for part in parts(rows, AT_ONCE):
            told |= self.isolating(
                {position: rows[position] for position in part},
                lambda some: self._written(name, how, some),
            )
        return told

    def _written(self, name: str, how: str, rows: Mapping[int, Record]) -> dict[int, Answer]:
        path = f"/crm/v3/objects/{name}/batch/{how}"
        response = self._rest.call("POST", path, {"inputs": list(rows.values())})
        if response.status not in (200, 201, 207):
            raise Turned(answers.whole(response))
        return {p: self._result(response, how, row) for p, row in rows.items()}

    def _result(self, response: Response, how: str, row: Record) -> Answer:
        """Results come in any order: they are told by our key in them, errors by what they name."""
        mine = {str(row["id"]), str(row.get("objectWriteTraceId", ""))}
        for error in response.data.get("errors") or ():
            if mine & set(answers.blamed(error)):
                gone = how == "update" and error.get("category") == answers.NOT_FOUND
                return NOWHERE if gone else answers.of_one(response, error)
        unique = str(row.get("idProperty", self._key))
        key = row["properties"].get(unique) or row["id"]
        for result in response.data.get("results") or ():
            held = result.get("properties", {}).get(unique)
            if str(held or "").upper() == str(key).upper() or str(result["id"]) == str(row["id"]):
                return self._told(response, how, row, str(result["id"]))
        unsaid = "the batch's answer does not name it"
        return said(Answer(response.status), Verdict.FAILED, unsaid)

    @staticmethod
    def _told(response: Response, how: str, row: Record, answered: str) -> Answer:
        """An update that answers with another id went to the record this one was merged into."""
        if how == "update" and answered != str(row["id"]):
            text = f"{row['id']} was merged there into {answered}, which our content now stands in"
            return said(Answer(response.status), Verdict.POISON, text)
        return confirmed(answered, "", Answer(response.status, response.answer.headers))

    def _joined(
        self,
        thing: Object,
        messages: Sequence[Message],
        rendered: Mapping[int, Rendered],
        told: Mapping[int, Answer],
    ) -> dict[int, Answer]:
        """Associations and contacts of the records that were written; a failure spoils a record."""
        result = dict(told)
        ids = {p: a.target_id for p, a in told.items() if a.verdict is Verdict.CONFIRMED}
        for field in thing.fields:
            if field.name.startswith(JOINED):
                other = field.name.removeprefix(JOINED)
                pairs = {p: (ids[p], str(rendered[p].values[field.name]))
                         for p in ids if rendered[p].values.get(field.name)}  # fmt: skip
                result |= self._spoilt(told, self._associate(thing.name, other, pairs))
        for child in thing.children:
            result |= self._spoilt(told, self._children(child, rendered, ids))
        return result

    @staticmethod
    def _spoilt(told: Mapping[int, Answer], failed: Mapping[int, Answer]) -> dict[int, Answer]:
        return {p: replace(answer, target_id=told[p].target_id) for p, answer in failed.items()}

    def _associate(
        self, name: str, other: str, pairs: Mapping[int, tuple[str, str]]
    ) -> dict[int, Answer]:
        """Join records with others; answers only for what failed."""

        def join(some: Mapping[int, tuple[str, str]]) -> dict[int, Answer]:
            inputs = [{"from": {"id": one}, "to": {"id": two}} for one, two in some.values()]
            path = f"/crm/v4/associations/{name}/{other}/batch/associate/default"
            response = self._rest.call("POST", path, {"inputs": inputs})
            if not response.ok or response.status == 207:
                raise Turned(answers.whole(response))
            return {}

        failed: dict[int, Answer] = {}
        for part in parts(pairs, AT_ONCE):
            failed |= self.isolating({p: pairs[p] for p in part}, join)
        return failed

    def _children(
        self, child: Child, rendered: Mapping[int, Rendered], ids: Mapping[int, str]
    ) -> dict[int, Answer]:
        """Contacts are people by their e-mail address, joined with their company."""
        rows: dict[int, Record] = {}
        owner: dict[int, int] = {}
        for position in ids:
            for element in rendered[position].elements:
                sent = nested(element.values)["properties"]
                if element.child is child and sent.get("email"):
                    owner[len(rows)] = position
                    rows[len(rows)] = {"id": sent["email"], "idProperty": "email",
                                       "properties": sent}  # fmt: skip
        told = self._write(child.name, "upsert", rows)
        failed = {p: a for p, a in told.items() if a.verdict is not Verdict.CONFIRMED}
        pairs = {p: (a.target_id, ids[owner[p]]) for p, a in told.items() if p not in failed}
        failed |= self._associate(child.name, child.parent, pairs)
        return {
            owner[p]: replace(answer, reason=f"{child.name}: {answer.reason}"[:255])
            for p, answer in failed.items()
        }

    def _end(self, message: Message) -> Answer:
        """Mark a record as used no longer; one that is not there needs nothing."""
        thing = self.object_of(message.entity)
        known = next(iter(message.target.source_ids), None) or self._find(thing, message.key)
        values = nested(dict(thing.inactive))["properties"]
        rows = {0: {"id": known, "properties": values}} if known else {}
        answer = self._write(thing.name, "update", rows).get(0, NOWHERE)
        if answer is NOWHERE:
            return confirmed("", "the target does not hold it")
        merged = message.operation is Operation.MERGE
        return replace(answer, target_id="") if merged else answer

    def _find(self, thing: Object, key: str) -> str | None:
        found = self._batch_read(thing, [key], self._key)
        return str(found[0]["id"]) if found else None


NOWHERE: Final = Answer(error="there is no record of this id")
