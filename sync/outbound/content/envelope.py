"""What a target receives: a version as it may see it, in a CloudEvents envelope, signed.

CloudEvents 1.0.2 (structured JSON) and Standard Webhooks 1.0.
"""

from __future__ import annotations

import base64
import hmac
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from canonical.attributes import Attribute, Kind

MEDIA_TYPE: Final = "application/cloudevents+json"
NAMESPACE: Final = uuid.UUID("6f0a1f0e-55c1-5d9e-9f6a-3c5f0a7be0a1")
TIMELINE_STEP: Final = 10**9
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 (the prefix of one)
LEFT: Final = "left"
RESEND: Final = "x-assay-resend"  # a replay or a healing: hold it even if it was held before
BESIDE: Final = frozenset({"version", "created_at", "updated_at", "in_review"})

ERASED: Final = "erased"  # a person's content is gone, and is to go from the target too

#: The journal's kinds as a target sees them; every other kind is an update.
EVENTS: Final = {
    "created": "created",
    "released": "created",
    "merged": "merged",
    "unmerged": "unmerged",
    "retired": "retired",
    "erased": ERASED,
}
EVENT_NAMES: Final = (*dict.fromkeys(EVENTS.values()), "updated", LEFT)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a golden record: its content in the journal, and its document as shown."""

    golden: str
    code: str
    entity: str
    version: int
    kind: str
    time: str
    position: int | None
    correlation_id: str
    content: Mapping[str, Any]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """What a version is called at the target: its own ids and words.

    `source_ids` are the target's ids of this record, the one to write to first; `references`
    gives them per golden id it refers to; `codes` its word per vocabulary and term.
    """

    system: str
    source_ids: Sequence[str] = ()
    references: Mapping[str, Sequence[str]] = field(default_factory=dict)
    codes: Mapping[tuple[str, str], str] = field(default_factory=dict)


class Operation(StrEnum):
    """What the target is asked to do with its record."""

    PUT = "put"  # hold this content, whether it held the record before or not
    DEACTIVATE = "deactivate"  # retired, or no longer for this target: never delete
    MERGE = "merge"  # another record stands for it from now on
    ERASE = "erase"  # forget what it said of a person


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery, ready to be signed and sent.

    `body` and `headers` are for who takes CloudEvents; a connector that speaks a system's own
    language reads `content`, the record as this target may see it, and `target`, its own ids and
    words. `key` is the golden code: what the target can keep as our key.
    """

    id: str
    record_version: int
    body: bytes
    headers: Mapping[str, str]
    entity: str = ""
    golden: str = ""
    key: str = ""
    operation: Operation = Operation.PUT
    content: Mapping[str, Any] = field(default_factory=dict)
    target: Target = Target("")


def record_version(timeline: int, version: int) -> int:
    """Rises with every version of a record, and above all earlier ones after a restore."""
    return timeline * TIMELINE_STEP + version


def message_id(timeline: int, subscription: str, golden: str, version: int) -> str:
    """The same for every attempt and replay of one version to one subscription."""
    return str(uuid.uuid5(NAMESPACE, f"{timeline}/{subscription}/{golden}/{version}"))


def data(
    document: Mapping[str, Any], target: Target, attributes: Sequence[Attribute]
) -> dict[str, Any]:
    """The golden record as every consumer sees it, beside it the target's own ids and words."""
    return {
        **document,
        "target": {
            "system": target.system,
            "source_ids": list(target.source_ids),
            "references": {name: list(ids) for name, ids in sorted(target.references.items())},
            "codes": words(document, attributes, target.codes),
        },
    }


def words(
    document: Mapping[str, Any],
    attributes: Sequence[Attribute],
    codes: Mapping[tuple[str, str], str],
) -> dict[str, str]:
    """The target's word for each term of the document, by path: `addresses[0].role`."""
    return dict(_words(document, attributes, codes, ""))


def _words(
    values: Mapping[str, Any],
    attributes: Sequence[Attribute],
    codes: Mapping[tuple[str, str], str],
    prefix: str,
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for attribute in attributes:
        value, path = values.get(attribute.name), f"{prefix}{attribute.name}"
        if attribute.vocabulary and isinstance(value, str):
            word = codes.get((attribute.vocabulary, value))
            found += [(path, word)] if word is not None else []
        elif attribute.kind is Kind.OBJECT and isinstance(value, Mapping):
            found += _words(value, attribute.fields, codes, f"{path}.")
        elif attribute.kind is Kind.LIST and isinstance(value, list):
            for index, element in enumerate(value):
                if isinstance(element, Mapping):
                    found += _words(element, attribute.fields, codes, f"{path}[{index}].")
    return found


def digest(content: Mapping[str, Any]) -> str:
    """Equal for equal content.

    Not content are the version and its times, and the ids that the target gave itself.
    """
    told = {name: value for name, value in content.items() if name not in BESIDE}
    target = {name: value for name, value in content["target"].items() if name != "source_ids"}
    return sha256(_json({**told, "target": target})).hexdigest()


def event(
    version: Version, content: Mapping[str, Any], *, name: str, identity: str, timeline: int
) -> dict[str, Any]:
    """The CloudEvent; `name` is what happened as the target sees it."""
    return {
        "specversion": "1.0",
        "id": identity,
        "source": "/hub",
        "type": f"org.assay.{version.entity}.{name}.v1",
        "subject": version.golden,
        "time": version.time,
        "datacontenttype": "application/json",
        "recordversion": record_version(timeline, version.version),
        "changekind": version.kind,
        "traceparent": traceparent(version.correlation_id, identity),
        "data": content,
    }


def event_name(kind: str, *, known: bool) -> str:
    """`created` for a record the target does not hold yet, else what the journal says."""
    name = EVENTS.get(kind, "updated")
    if name == "updated":
        return "updated" if known else "created"
    return "updated" if name == "created" and known else name


def traceparent(correlation_id: str, identity: str) -> str:
    """A W3C trace context: one trace a cause, one span a message, the same in every retry."""
    trace = sha256(correlation_id.encode()).hexdigest()[:32]
    span = sha256(identity.encode()).hexdigest()[:16]
    return f"00-{trace}-{span}-01"


def operation(name: str, state: str) -> Operation:
    """What an event of this name about a record in this state asks of the target."""
    if name == ERASED:
        return Operation.ERASE
    if name == LEFT or state == "retired":
        return Operation.DEACTIVATE
    return Operation.MERGE if state == "merged" else Operation.PUT


def message(
    version: Version,
    happened: Mapping[str, Any],
    previous: int,
    asked: Operation,
    target: Target,
) -> Message:
    """The bytes of an event and the headers that say the same; `previous` is what was confirmed."""
    headers = {
        "content-type": MEDIA_TYPE,
        "traceparent": happened["traceparent"],
        "x-correlation-id": version.correlation_id,
        "x-assay-version": str(version.version),
        "x-assay-previous-version": str(previous),
        "x-assay-sequence": str(version.position or ""),
    }
    return Message(
        id=happened["id"],
        record_version=happened["recordversion"],
        body=_json(happened),
        headers=headers,
        entity=version.entity,
        golden=version.golden,
        key=version.code,
        operation=asked,
        content=happened["data"],
        target=target,
    )


def signed(message: Message, secrets: Collection[str], timestamp: int) -> dict[str, str]:
    """The headers of one attempt; several secrets give several signatures, while one rotates."""
    return {
        **message.headers,
        **signature_headers(message.id, message.body, secrets, timestamp),
    }


def signature_headers(
    identity: str, body: bytes, secrets: Collection[str], timestamp: int
) -> dict[str, str]:
    """The three headers of Standard Webhooks for a body."""
    content = f"{identity}.{timestamp}.".encode() + body
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, content) for secret in secrets),
    }


def signature(secret: str, content: bytes) -> str:
    """`v1,` and the base64 HMAC-SHA256 under a secret `whsec_...`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"


def verifies(headers: Mapping[str, str], body: bytes, secrets: Collection[str], now: int) -> bool:
    """Whether a message is signed by one of the secrets, at most 5 minutes ago or ahead."""
    timestamp, given = headers.get("webhook-timestamp", ""), headers.get("webhook-signature", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > 300:
        return False
    content = f"{headers.get('webhook-id', '')}.{timestamp}.".encode() + body
    return any(
        hmac.compare_digest(signature(secret, content).encode(), candidate.encode())
        for secret in secrets
        for candidate in given.split()
    )


def _json(value: Any) -> bytes:
    text = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_text
    )
    return text.encode()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not sent")


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
