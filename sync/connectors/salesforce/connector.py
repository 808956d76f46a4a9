"""Writing to Salesforce in collections.

Up to 200 records go in one call: those whose id is known are updated by it and get our code, the
others are upserted by our code. `allOrNone` is false, so that one bad record stops no other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.utils import timezone

from sync import egress
from sync.connectors.base import confirmed, parts
from sync.connectors.faults import Turned, poison
from sync.connectors.profile import Child, Object, Rendered, owner_of
from sync.connectors.rest import Response, segment
from sync.connectors.salesforce import answers, soql
from sync.connectors.salesforce.objects import TODAY
from sync.connectors.salesforce.reading import AT_ONCE, Record, SalesforceReader, ended
from sync.outbound.answers.retry import Answer, Verdict
from sync.outbound.content.envelope import Message, Operation


class Salesforce(SalesforceReader):
    """One Salesforce organisation."""

    batch = AT_ONCE

    def send_alike(self, messages: Sequence[Message]) -> list[Answer]:
        """Write many records at once; ends of records go one by one."""
        if messages[0].operation is not Operation.PUT:
            return [self.attempt(self._end, message) for message in messages]
        rendered: dict[int, Rendered] = {}
        told: dict[int, Answer] = {}
        for position, message in enumerate(messages):
            try:
                rendered[position] = self.rendered(message)
            except Turned as turned:
                told[position] = turned.answer
        told |= self._put(messages, rendered)
        return [told[position] for position in range(len(messages))]

    def _put(
        self, messages: Sequence[Message], rendered: Mapping[int, Rendered]
    ) -> dict[int, Answer]:
        if not rendered:
            return {}
        thing = self.object_of(messages[0].entity)
        if not thing.name:  # it exists as its elements alone
            told = {p: confirmed(messages[p].key) for p in rendered}
        else:
            told = self._write(thing, messages, rendered)
        return self._with_elements(messages, rendered, told)

    def _write(
        self, thing: Object, messages: Sequence[Message], rendered: Mapping[int, Rendered]
    ) -> dict[int, Answer]:
        known = {p: messages[p].target.source_ids[0] for p in rendered
                 if messages[p].target.source_ids}  # fmt: skip
        rows = {
            p: {"id": source_id, self._key: messages[p].key, **self._sent(rendered[p].values)}
            for p, source_id in known.items()
        }
        told = self._collection(thing.name, rows, "")
        new = [p for p in rendered if told.get(p, _NOWHERE) is _NOWHERE]
        if not thing.creates:
            return told | {p: confirmed("", f"no {thing.name} is made here") for p in new}
        fresh = {p: {**self._sent(rendered[p].filled), **thing.first,
                     self._key: messages[p].key} for p in new}  # fmt: skip
        made = self._collection(thing.name, fresh, self._key)
        return told | made | self._after_first(thing, messages, rendered, made)

    def _after_first(
        self,
        thing: Object,
        messages: Sequence[Message],
        rendered: Mapping[int, Rendered],
        made: Mapping[int, Answer],
    ) -> dict[int, Answer]:
        """A new record that had to begin otherwise than it is becomes what it is."""
        rows = {}
        for position, answer in made.items():
            wanted = {name: rendered[position].values.get(name) for name in thing.first}
            if answer.target_id and wanted != dict(thing.first):
                rows[position] = {"id": answer.target_id, **wanted}
        ended = self._collection(thing.name, rows, "")
        return {p: replace(answer, target_id=made[p].target_id) for p, answer in ended.items()}

    def _sent(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in self._hidden}

    def _collection(self, name: str, rows: Mapping[int, Record], key: str) -> dict[int, Answer]:
        """Write rows of one object by id, or by a key field; answers by position.

        A row whose id is not there any more is answered with _NOWHERE.
        """
        told: dict[int, Answer] = {}
        for part in parts(rows, AT_ONCE):
            told |= self.isolating(
                {position: rows[position] for position in part},
                lambda some: self._collected(name, some, key),
            )
        return told

    def _collected(self, name: str, rows: Mapping[int, Record], key: str) -> dict[int, Answer]:
        records = [{"attributes": {"type": name}, **row} for row in rows.values()]
        path = f"{self._base}/composite/sobjects" + (f"/{name}/{key}" if key else "")
        response = self._rest.call("PATCH", path, {"allOrNone": False, "records": records})
        if response.status != 200 or not isinstance(response.data, list):
            raise Turned(answers.whole(response))
        results = zip(rows, response.data, strict=True)
        return {p: self._one(response, result, key) for p, result in results}

    @staticmethod
    def _one(response: Response, result: Record, key: str) -> Answer:
        if not key and answers.is_gone(result):
            return _NOWHERE
        return answers.one(response, result)

    def _with_elements(
        self,
        messages: Sequence[Message],
        rendered: Mapping[int, Rendered],
        told: Mapping[int, Answer],
    ) -> dict[int, Answer]:
        """The elements of the records that were written; a bad element spoils its record."""
        result = dict(told)
        written = [
            p for p in rendered if told[p].verdict is Verdict.CONFIRMED and told[p].target_id
        ]
        for child in self.object_of(messages[0].entity).children if written else ():
            carried = [p for p in written if child.attribute in messages[p].content]
            parents = {p: told[p].target_id for p in carried}
            try:
                spoilt = self._elements(child, messages, rendered, parents)
            except Turned as turned:
                spoilt = dict.fromkeys(carried, turned.answer)
            except (egress.Refused, egress.Unreachable) as error:
                spoilt = dict.fromkeys(carried, Answer(error=str(error)))
            for position, answer in spoilt.items():
                result[position] = replace(answer, target_id=told[position].target_id)
        return result

    def _elements(
        self,
        child: Child,
        messages: Sequence[Message],
        rendered: Mapping[int, Rendered],
        parents: Mapping[int, str],
    ) -> dict[int, Answer]:
        rows: dict[int, Record] = {}
        owner: dict[int, int] = {}
        kept: set[str] = set()
        for position, parent in parents.items():
            for element in rendered[position].elements:
                if element.child is child:
                    key = f"{messages[position].key}-{element.key}"
                    kept.add(key.upper())
                    place = len(rows)
                    owner[place] = position
                    link = {child.parent: parent} if child.parent else {}
                    rows[place] = {**self._sent(element.values), **link, self._key: key}
        rows, told = self._related(rows)
        told |= self._collection(child.name, rows, self._key)
        told |= self._retire_elements(child, messages, parents, kept, owner)
        return {
            owner[place]: replace(answer, reason=f"{child.name}: {answer.reason}"[:255])
            for place, answer in sorted(told.items(), reverse=True)
            if answer.verdict is not Verdict.CONFIRMED
        }

    def _related(self, rows: Mapping[int, Record]) -> tuple[dict[int, Record], dict[int, Answer]]:
        """Rows with `Product2.ProductCode` as `Product2Id`, and answers for what is not there."""
        names = {name for row in rows.values() for name in row if "." in name}
        told: dict[int, Answer] = {}
        found: dict[str, dict[str, str]] = {}
        for name in names:
            related, field = name.split(".")
            values = {str(row[name]) for row in rows.values() if row.get(name)}
            query = soql.select(["Id", field], related, soql.among(field, sorted(values)))
            found[name] = {str(r[field]): r["Id"] for r in self._query(query)}
        result: dict[int, Record] = {}
        for place, row in rows.items():
            ids = {f"{n.split('.')[0]}Id": found[n].get(str(row[n])) for n in names if n in row}
            absent = [f"{n} {row[n]}" for n in names if n in row and str(row[n]) not in found[n]]
            if absent:
                told[place] = poison(f"there is no {', '.join(absent)}").answer
            else:
                result[place] = {n: v for n, v in row.items() if n not in names} | ids
        return result, told

    def _retire_elements(
        self,
        child: Child,
        messages: Sequence[Message],
        parents: Mapping[int, str],
        kept: Collection[str],
        owner: dict[int, int],
    ) -> dict[int, Answer]:
        """Elements of ours that the list no longer has are used no longer."""
        if not child.inactive or not parents:
            return {}
        positions = {messages[position].key: position for position in parents}
        columns = ["Id", self._key, *child.inactive]
        stale: dict[int, Record] = {}
        for where in self._keyed(positions):
            for record in self._query(soql.select(columns, child.name, where)):
                key = str(record[self._key]).upper()
                if key not in kept and not ended(child.inactive, record):
                    place = -1 - len(stale)
                    owner[place] = positions[owner_of(key)]
                    stale[place] = {"id": record["Id"], **_dated(child.inactive)}
        return self._collection(child.name, stale, "")

    def _end(self, message: Message) -> Answer:
        """Mark a record as used no longer; one that is not there needs nothing."""
        thing = self.object_of(message.entity)
        if not thing.name:
            return self._end_elements(thing, message)
        if not thing.inactive:
            return confirmed("", f"nothing of {thing.name or message.entity} says so")
        known = next(iter(message.target.source_ids), None) or self._find(thing, message.key)
        rows = {0: {"id": known, **thing.inactive}} if known else {}
        told = self._collection(thing.name, rows, "")
        if told.get(0, _NOWHERE) is _NOWHERE:
            return confirmed("", "the target does not hold it")
        merged = message.operation is Operation.MERGE
        return replace(told[0], target_id="") if merged else told[0]

    def _end_elements(self, thing: Object, message: Message) -> Answer:
        for child in thing.children:
            owner: dict[int, int] = {}
            told = self._retire_elements(child, [message], {0: message.key}, (), owner)
            for answer in told.values():
                if answer.verdict is not Verdict.CONFIRMED:
                    return answer
        return confirmed("" if message.operation is Operation.MERGE else message.key)

    def _find(self, thing: Object, key: str) -> str | None:
        path = f"{self._base}/sobjects/{thing.name}/{self._key}/{segment(key)}"
        response = self._rest.call("GET", path, query={"fields": thing.id})
        if response.status == 404:
            return None
        if not response.ok:
            raise Turned(answers.whole(response))
        return str(response.data[thing.id])


_NOWHERE: Final = Answer(error="there is no record of this id")


def _dated(inactive: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that end a record, today where a day is asked for."""
    today = timezone.now().date().isoformat()
    return {name: today if value is TODAY else value for name, value in inactive.items()}
