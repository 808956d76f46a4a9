"""What connectors by profile share: rendering, the walk of one message, answers from failures."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, ClassVar, TypeVar

import structlog

from sync import egress
from sync.connectors import profile as profiles
from sync.connectors.faults import Turned, poison, said
from sync.connectors.login import Login
from sync.connectors.profile import Object, Profile, Rendered
from sync.connectors.protocol import Capabilities, Held, Page
from sync.inbound.arrivals import Item
from sync.models.connections import Connection
from sync.outbound import crash
from sync.outbound.answers.retry import Answer, Verdict
from sync.outbound.content.envelope import Message, Operation

log = structlog.get_logger(__name__)

R = TypeVar("R")


class ProfileConnector:
    """A connector whose system is described by a profile; safe to share between threads.

    Subclasses say how their system is written to: one record at a time (`RecordConnector`), or
    many in one call by overriding `send_alike`.
    """

    profile: ClassVar[Profile]
    capabilities: ClassVar[Capabilities]
    batch = 1

    def __init__(self, connection: Connection, client: egress.Client) -> None:
        self.connection, self.client = connection, client
        self.login = Login(connection, client)
        self.settings: Mapping[str, Any] = {**self.profile.settings, **connection.settings}

    def object_of(self, entity: str) -> Object:
        """What an entity is in this system; Turned where it has no place for it."""
        found = self.profile.objects.get(entity)
        if found is None:
            raise poison(f"{self.profile.title} has no place for {entity} records")
        return found

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        """Send, those of one entity and operation together; one answer per message, in order."""
        answers: dict[int, Answer] = {}
        alike: dict[tuple[str, Operation], list[int]] = {}
        for position, message in enumerate(messages):
            alike.setdefault((message.entity, message.operation), []).append(position)
        for positions in alike.values():
            crash.point("before_send")
            told = self.send_alike([messages[position] for position in positions])
            answers.update(zip(positions, told, strict=True))
            crash.point("after_send")
        return [answers[position] for position in range(len(messages))]

    def send_alike(self, messages: Sequence[Message]) -> list[Answer]:
        """Send messages of one entity and operation."""
        return [self.attempt(self.send_one, message) for message in messages]

    def send_one(self, message: Message) -> Answer:
        """Send one; Turned, Refused and Unreachable say that it failed."""
        raise NotImplementedError

    def attempt(self, work: Callable[[Message], Answer], message: Message) -> Answer:
        """Do it; what goes wrong becomes the answer."""
        started = time.monotonic()
        try:
            answer = work(message)
        except Turned as turned:
            answer = turned.answer
        except (egress.Refused, egress.Unreachable) as error:
            answer = Answer(error=str(error))
        spent = int((time.monotonic() - started) * 1000)
        return replace(answer, milliseconds=answer.milliseconds or spent)

    @staticmethod
    def isolating(
        rows: Mapping[int, R], work: Callable[[Mapping[int, R]], dict[int, Answer]]
    ) -> dict[int, Answer]:
        """Do it with all rows; where their content is refused as a whole, halves tell whose it is.

        `work` raises Turned for a request that failed as a whole.
        """
        try:
            return work(rows) if rows else {}
        except Turned as turned:
            if turned.answer.verdict is not Verdict.POISON or len(rows) == 1:
                return dict.fromkeys(rows, turned.answer)
        except (egress.Refused, egress.Unreachable) as error:
            return dict.fromkeys(rows, Answer(error=str(error)))
        positions = list(rows)
        half = len(positions) // 2
        first, second = (
            ProfileConnector.isolating({p: rows[p] for p in part}, work)
            for part in (positions[:half], positions[half:])
        )
        return first | second

    def rendered(self, message: Message) -> Rendered:
        """The record in the system's fields; Turned where it lacks what the system must have."""
        thing = self.object_of(message.entity)
        rendered = profiles.render(thing, message)
        if rendered.missing:
            name = thing.name or thing.entity
            raise poison(f"{name} cannot be written without {', '.join(rendered.missing)}")
        return rendered

    def projection(self, message: Message) -> Mapping[str, Any]:
        """What the target should hold after the message, per canonical path."""
        return profiles.render(self.object_of(message.entity), message).attributes

    def read(self, entity: str, source_ids: Collection[str] | None = None) -> Iterator[Held]:
        """What the target holds now; nothing where it cannot be asked."""
        return iter(())

    def changes(self, entity: str, cursor: str) -> Iterator[Page]:
        """What changed since the cursor; nothing where it cannot be asked."""
        return iter(())

    def items(self, entity: str, source_ids: Collection[str]) -> Iterator[Item]:
        """The records of these ids as `changes` brings them; missing ones are left out."""
        return iter(())

    def again(self, entity: str, source_ids: Collection[str]) -> list[Item]:
        """These records read anew, each once; one that is there no more is retired."""
        there = {item.source_id: item for item in self.items(entity, source_ids)}
        gone = [Item(each, None, retired=True) for each in source_ids if each not in there]
        return [*there.values(), *gone]


class Missing(Turned):
    """The system does not know the id it was asked to write to."""


class RecordConnector(ProfileConnector):
    """One record at a time: known ids are updated, unknown ones looked for by our key first.

    A lost acknowledgement is found by its key on the next attempt, so that one effect remains.
    """

    def find(self, thing: Object, key: str) -> str | None:
        """The system's id of the record that keeps our key."""
        raise NotImplementedError

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Create the record with our key in it; returns the system's id."""
        raise NotImplementedError

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write to a record, our key included; Missing where there is none of this id."""
        raise NotImplementedError

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """Say that the record is no longer used; never delete it. Missing where there is none."""
        raise NotImplementedError

    def merge(self, thing: Object, absorbed: str, survivor: str, message: Message) -> None:
        """Let another record stand for one: what refers to it follows in messages of its own.

        Where a system cannot merge, the absorbed record is no longer used.
        """
        self.deactivate(thing, absorbed, message)

    def erase(self, thing: Object, source_id: str, message: Message) -> None:
        """Forget what the record says of a person.

        Where a system cannot, the record is no longer used, and a person is asked to do the rest.
        """
        self.deactivate(thing, source_id, message)

    def send_one(self, message: Message) -> Answer:
        """Write one record, whatever is asked of it; one without a field to write is only read."""
        thing = self.object_of(message.entity)
        if not thing.attributes:
            return confirmed("", f"{thing.name} are only read")
        if message.operation is Operation.PUT:
            return confirmed(self._put(thing, message))
        known = self._known(thing, message)
        if known is None:
            return confirmed("", "the target does not hold it")
        try:
            self._end(thing, known, message)
        except Missing:
            return confirmed("", "the target holds it no more")
        return confirmed("" if message.operation is Operation.MERGE else known)

    def _put(self, thing: Object, message: Message) -> str:
        rendered = self.rendered(message)
        for known in message.target.source_ids[:1]:
            try:
                self.update(thing, known, rendered, message)
            except Missing:
                continue
            return known
        found = self.find(thing, message.key)
        if found is None:
            return self.create(thing, rendered, message) if thing.creates else ""
        self.update(thing, found, rendered, message)
        return found

    def _known(self, thing: Object, message: Message) -> str | None:
        return next(iter(message.target.source_ids), None) or self.find(thing, message.key)

    def _end(self, thing: Object, known: str, message: Message) -> None:
        survivor = self.survivor(message)
        if message.operation is Operation.ERASE:
            self.erase(thing, known, message)
        elif survivor and survivor != known:
            self.merge(thing, known, survivor, message)
        else:
            self.deactivate(thing, known, message)

    @staticmethod
    def survivor(message: Message) -> str | None:
        """The target's id of the record that stands for a merged one."""
        into = message.content.get("merged_into")
        if message.operation is not Operation.MERGE or not into:
            return None
        return next(iter(message.target.references.get(str(into), ())), None)


def confirmed(target_id: str, reason: str = "", answer: Answer | None = None) -> Answer:
    """It was done; `target_id` is what the system calls the record."""
    return said(answer or Answer(), Verdict.CONFIRMED, reason, target_id)


T = TypeVar("T")


def parts(values: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """The values in runs of at most `size`."""
    left = iter(values)
    while part := tuple(islice(left, size)):
        yield part
