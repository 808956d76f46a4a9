"""From claimed lanes to messages: which version is due, and what the target is told.

A version is always built from its journal row, never from the live record, so that id and content
agree; a batch of lanes costs the same number of statements as one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F, Max, Min, Q

from canonical import configuration
from canonical.documents import records
from canonical.documents.records import View
from canonical.documents.shape import HEAD
from canonical.entities import schema_of
from canonical.models import (
    Change,
    ChangeKind,
    FeedState,
    GoldenReference,
    GoldenState,
    Link,
    SourceRecord,
)
from sync import connectors
from sync.models import Mode, Subscription
from sync.outbound.answers.retry import Judgement, Verdict
from sync.outbound.content import envelope
from sync.outbound.content.envelope import LEFT, Message, Target, Version
from sync.outbound.content.selection import selects
from sync.outbound.delivery import closings, dependencies, plans
from sync.outbound.delivery.closings import Closed
from sync.outbound.delivery.lanes import Claimed, Settlement

log = structlog.get_logger(__name__)

Row = tuple[Version, Mapping[str, str]]  # a version and who won each of its attributes


@dataclass(frozen=True, slots=True)
class Sendable:
    """A claimed lane, the message for it, and the digest that its confirmation will leave."""

    lane: Claimed
    version: int
    digest: str
    message: Message


@dataclass(frozen=True, slots=True)
class Batch:
    """What has to be sent, and what is settled without sending."""

    sendable: list[Sendable]
    settled: list[Settlement]


def prepare(subscription: Subscription, claimed: Sequence[Claimed]) -> Batch:
    """Decide for each claimed lane: send this message, settle in silence, or wait for a parent."""
    batch = Batch([], [])
    surroundings = Surroundings.of(subscription, claimed)
    for outcome in map(surroundings.decide, claimed):
        if isinstance(outcome, Sendable):
            batch.sendable.append(outcome)
        else:
            batch.settled.append(outcome)
    return batch


def expected(subscription: Subscription, versions: Mapping[UUID, int]) -> dict[UUID, Message]:
    """What the target should hold after these versions; records it should not hold are left out."""
    lanes = [Claimed.at(golden, version) for golden, version in versions.items()]
    surroundings = Surroundings.of(subscription, lanes)
    messages = {lane.golden: surroundings.expected(lane) for lane in lanes}
    return {golden: message for golden, message in messages.items() if message is not None}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything a batch of lanes needs to know, read once."""

    subscription: Subscription
    timeline: int
    due: Mapping[UUID, int]
    rows: Mapping[UUID, Row]
    references: Mapping[UUID, Collection[UUID]]
    waiting: Mapping[UUID, UUID]
    ids: Mapping[UUID, Sequence[str]]
    codes: Mapping[tuple[str, str], str]
    own_records: frozenset[str]
    erased: Mapping[UUID, int]
    closed: Mapping[UUID, Closed]

    @classmethod
    def of(cls, subscription: Subscription, lanes: Sequence[Claimed]) -> Surroundings:
        """Read what these lanes need."""
        due = _due_versions(subscription, lanes)
        rows = _rows(due, view_of(subscription))
        references, parents = _references(rows, subscription.connector)
        named = {*due, *(target for each in references.values() for target in each)}
        ids, own = _own_ids(subscription, named)
        ids |= _former_ids(subscription, rows)
        return cls(
            subscription=subscription,
            timeline=FeedState.objects.values_list("timeline", flat=True).get(pk=1),
            due=due,
            rows=rows,
            references=references,
            waiting={} if subscription.shadow else _waiting(subscription, parents, rows),
            ids=ids,
            codes=_codes(subscription),
            own_records=own,
            erased=_erased(rows),
            closed=closings.closed(subscription, {g: version for g, (version, _) in rows.items()}),
        )

    def decide(self, lane: Claimed) -> Sendable | Settlement:
        """What becomes of one lane now; one that cannot be built stops no other."""
        if (parent := self.waiting.get(lane.golden)) is not None:
            waits = Judgement(Verdict.RETURNED, "waits for its parent")
            return Settlement(lane, waits, waits_for=parent)
        if (closed := self.closed.get(lane.golden)) is not None and not lane.withdrawing:
            held = Judgement(Verdict.RETURNED, f"{closed.legal_entity} closes its books")
            return Settlement(lane, held, held_until=closed.until)
        try:
            return self._decide(lane, *self.rows[lane.golden])
        except Exception as error:
            log.exception("message not built", lane=lane.id)
            reason = f"the message could not be built: {type(error).__name__}"
            return Settlement(lane, Judgement(Verdict.POISON, reason), self.due[lane.golden])

    def _decide(
        self, lane: Claimed, version: Version, winners: Mapping[str, str]
    ) -> Sendable | Settlement:
        erased = self.erased.get(lane.golden, 0) > lane.confirmed
        if erased and not (lane.confirmed_digest or lane.sent_digest):
            return _silent(lane, version, "", "the target never held the person")
        if not erased and (lane.withdrawing or not self._carries(version)):
            return self._farewell(lane, version)
        if version.document["state"] == GoldenState.MERGED and not _may_be_there(lane):
            return _silent(lane, version, "", "the target never held the merged record")
        content = self._content(version)
        if erased:
            digest = envelope.digest(content)
            return self._sendable(lane, version, content, envelope.ERASED, digest)
        digest = envelope.digest(content)
        if lane.confirmed_digest == digest:
            return _silent(lane, version, digest, "the target holds the same already")
        if self._is_echo(version, winners) and not lane.resend:
            return _silent(lane, version, digest, "the target said so itself")
        name = envelope.event_name(version.kind, known=lane.confirmed_digest not in {"", LEFT})
        return self._sendable(lane, version, content, name, digest)

    def expected(self, lane: Claimed) -> Message | None:
        """The message of the version in hand; None where the target should not hold the record."""
        version, _ = self.rows[lane.golden]
        if not self._carries(version):
            return None
        content = self._content(version)
        name = envelope.event_name(version.kind, known=True)
        return self._sendable(lane, version, content, name, envelope.digest(content)).message

    def _carries(self, version: Version) -> bool:
        """Whether the subscription still wants this record; an erased version has no content."""
        wanted = version.entity in self.subscription.entities
        return wanted and selects(self.subscription.filter, version.entity, version.content)

    def _farewell(self, lane: Claimed, version: Version) -> Sendable | Settlement:
        """Tell the target once that a record it holds is no longer for it."""
        if lane.confirmed_digest == LEFT or not _may_be_there(lane):
            return _silent(lane, version, lane.confirmed_digest, "not for this target")
        content = {"id": version.golden, "code": version.code, "entity": version.entity,
                   "version": version.version, "state": LEFT}  # fmt: skip
        return self._sendable(lane, version, content, LEFT, LEFT)

    def _target(self, version: Version) -> Target:
        golden = UUID(version.golden)
        return Target(
            system=self.subscription.system_id,
            source_ids=self.ids.get(golden, ()),
            references={
                str(t): self.ids[t] for t in self.references.get(golden, ()) if t in self.ids
            },
            codes=self.codes,
        )

    def _content(self, version: Version) -> dict[str, Any]:
        """What the target is told; what its connector has no place for is no news to it."""
        shown = connectors.attributes(self.subscription.connector, version.entity)
        document = version.document
        if shown is not None:
            document = {n: v for n, v in document.items() if n in HEAD or n in shown}
        schema = schema_of(version.entity)
        return envelope.data(document, self._target(version), schema.attributes)

    def _is_echo(self, version: Version, winners: Mapping[str, str]) -> bool:
        """Whether every value came from one record of the target's own system.

        Then the target holds them already, in that record.
        """
        if self.subscription.echo or version.kind not in {"created", "updated", "linked"}:
            return False
        sayers = set(winners.values())
        return len(sayers) == 1 and sayers <= self.own_records

    def _sendable(
        self, lane: Claimed, version: Version, content: dict[str, Any], name: str, digest: str
    ) -> Sendable:
        identity = envelope.message_id(
            self.timeline, str(self.subscription.pk), version.golden, version.version
        )
        happened = envelope.event(
            version, content, name=name, identity=identity, timeline=self.timeline
        )
        asked = envelope.operation(name, version.document["state"])
        message = envelope.message(version, happened, lane.confirmed, asked, self._target(version))
        if lane.resend:
            message = replace(message, headers={**message.headers, envelope.RESEND: "true"})
        return Sendable(lane, version.version, digest, message)


def view_of(subscription: Subscription) -> View:
    """How records are shown to the target."""
    allowed = subscription.attributes
    return View(subscription.restricted, None if allowed is None else frozenset(allowed))


def _may_be_there(lane: Claimed) -> bool:
    """Whether the target may hold the record: confirmed, or sent without an answer."""
    return bool(lane.confirmed_digest not in {"", LEFT} or lane.sent_digest not in {"", LEFT})


def _silent(lane: Claimed, version: Version, digest: str, reason: str) -> Settlement:
    return Settlement(lane, Judgement(Verdict.CONFIRMED, reason), version.version, digest)


def _due_versions(subscription: Subscription, lanes: Sequence[Claimed]) -> dict[UUID, int]:
    """The version each lane sends next: the newest, or in mode every the next one published."""
    due = {lane.golden: max(lane.desired, lane.confirmed) for lane in lanes}
    behind = [lane for lane in lanes if lane.desired > lane.confirmed]
    if subscription.mode != Mode.EVERY or not behind:
        return due
    open_versions = reduce(or_, (Q(golden=x.golden, version__gt=x.confirmed) for x in behind))
    following = Change.objects.filter(open_versions, published=True).values("golden_id")
    return due | dict(following.annotate(v=Min("version")).values_list("golden_id", "v"))


def _rows(due: Mapping[UUID, int], view: View) -> dict[UUID, Row]:
    changes = [
        change
        for change in Change.objects.select_related("golden").filter(
            golden__in=due, version__in=set(due.values())
        )
        if due[change.golden_id] == change.version
    ]
    documents = records.show([records.then(change) for change in changes], view)
    return {
        change.golden_id: (_version(change, document), change.winners or {})
        for change, document in zip(changes, documents, strict=True)
    }


def _version(change: Change, document: Mapping[str, Any]) -> Version:
    return Version(
        golden=str(change.golden_id),
        code=change.golden.code,
        entity=change.entity,
        version=change.version,
        kind=change.kind,
        time=envelope.instant(change.recorded_at),
        position=change.position,
        correlation_id=change.correlation_id,
        content=change.after or {},
        document=document,
    )


def _references(
    rows: Mapping[UUID, Row], connector: str
) -> tuple[dict[UUID, set[UUID]], dict[UUID, set[UUID]]]:
    """What each record tells its target that it refers to, and what a target must hold first.

    Those are the ordering references and whatever the target's kind cannot do without. A merged
    record refers to its survivor, and waits for it.
    """
    references: dict[UUID, set[UUID]] = defaultdict(set)
    parents: dict[UUID, set[UUID]] = defaultdict(set)
    edges = GoldenReference.objects.filter(golden__in=rows).exclude(golden=F("target"))
    for golden, target, ordering, path in edges.values_list(
        "golden_id", "target_id", "ordering", "path"
    ):
        entity = rows[golden][0].entity
        if carries(connector, entity, path):
            references[golden].add(target)
        needed = connectors.parents(connector, entity)
        if ordering or path in needed:
            parents[golden].add(target)
    for golden, (version, _) in rows.items():
        if survivor := version.content.get("merged_into"):
            parents[golden].add(UUID(survivor))
            references[golden].add(UUID(survivor))
    return references, parents


def carries(connector: str, entity: str, path: str) -> bool:
    """Whether the target's kind has a place for the attribute that a path begins with."""
    shown = connectors.attributes(connector, entity)
    return shown is None or re.split(r"[.\[]", path, maxsplit=1)[0] in shown


def _waiting(
    subscription: Subscription, parents: Mapping[UUID, Collection[UUID]], rows: Collection[UUID]
) -> dict[UUID, UUID]:
    """What each record waits for: a parent the target does not hold, or an earlier step."""
    return {
        **plans.blocked(subscription.pk, rows),
        **dependencies.blocked(subscription.pk, parents),
    }


def _own_ids(
    subscription: Subscription, goldens: Collection[UUID]
) -> tuple[dict[UUID, list[str]], frozenset[str]]:
    """The target's ids per golden record, the one to write to first; and the records of them.

    The primary one goes first, and what a merge brought along after what was there before.
    """
    linked = SourceRecord.objects.filter(
        system=subscription.system_id, links__until__isnull=True, links__golden__in=goldens
    ).order_by("-primary", F("links__merge").asc(nulls_first=True), "source_id")
    ids: dict[UUID, list[str]] = defaultdict(list)
    own = set()
    for record, golden, source_id in linked.values_list("id", "links__golden_id", "source_id"):
        ids[golden].append(source_id)
        own.add(str(record))
    return dict(ids), frozenset(own)


def _erased(rows: Mapping[UUID, Row]) -> dict[UUID, int]:
    """The versions in which people were forgotten, where nothing made them live again since."""
    gone = [g for g, (version, _) in rows.items() if version.document["state"] != "active"]
    if not gone:
        return {}
    erased = Change.objects.filter(golden__in=gone, kind=ChangeKind.ERASED).values("golden_id")
    newest = dict(erased.annotate(v=Max("version")).values_list("golden_id", "v"))
    return {g: version for g, version in newest.items() if version <= rows[g][0].version}


def _former_ids(subscription: Subscription, rows: Mapping[UUID, Row]) -> dict[UUID, list[str]]:
    """The target's ids of what was merged away: the records that its open merge moved on."""
    merged = [golden for golden, (version, _) in rows.items() if version.content.get("merged_into")]
    if not merged:
        return {}
    moved = Link.objects.filter(
        merge__absorbed__in=merged,
        merge__undone_at__isnull=True,
        record__system=subscription.system_id,
    ).order_by("-record__primary", "record__source_id")
    ids: dict[UUID, list[str]] = defaultdict(list)
    for golden, source_id in moved.values_list("merge__absorbed", "record__source_id"):
        ids[golden].append(source_id)
    return dict(ids)


def _codes(subscription: Subscription) -> dict[tuple[str, str], str]:
    """The target's word per vocabulary and term: its crosswalk's, else what its kind usually says.

    A crosswalk holds each word once; a kind may say the same word for several terms.
    """
    outbound = configuration.current().outbound
    own = {(vocabulary, term): word for (owner, vocabulary, term), word in outbound.items()
           if owner == subscription.system_id}  # fmt: skip
    return {**connectors.words(subscription.connector), **own}
