"""Configuration as one frozen value: policies, vocabularies and crosswalk, read once per stamp.

Every transaction asks for the stamp (one statement on one row); only when it is another is the
configuration read again. `touch()` changes it in the transaction that changes something.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from canonical import writer
from canonical.models import (
    ConfigurationStamp,
    Crosswalk,
    LegalEntity,
    Policy,
    System,
    Term,
)
from canonical.prepared import vendor
from canonical.reader import Read, select
from canonical.survivorship import policy as survivorship


@dataclass(frozen=True, slots=True)
class Configuration:
    """What recompute needs to know beside the records; see the fields of the same names."""

    stamp: int
    policies: Mapping[str, survivorship.Policy]
    terms: Mapping[str, frozenset[str]]
    crosswalk: Mapping[tuple[str, str, str], str]
    outbound: Mapping[tuple[str, str, str], str]
    order_by: Mapping[str, str]
    active: frozenset[str]
    time_zones: Mapping[str, str]

    def term(self, system: str, vocabulary: str, value: str) -> str | None:
        """The canonical term for a system's value: its crosswalk row, else the term itself."""
        mapped = self.crosswalk.get((system, vocabulary, value))
        if mapped is not None:
            return mapped
        return value if value in self.terms.get(vocabulary, ()) else None


_lock = Lock()
_held: Configuration | None = None


def stamp() -> int:
    """The number of the present configuration."""
    number: int = _STAMP()[0][0]
    return number


_STAMP = Read(lambda: ConfigurationStamp.objects.filter(pk=1).values_list("number"))


def touch() -> None:
    """Say that configuration changed; call it in the changing transaction.

    The number is a new one, not the next: a transaction that rolled back may have been read under
    its own, and another change must never come by that.
    """
    ConfigurationStamp.objects.filter(pk=1).update(number=secrets.randbits(62))


@receiver([post_save, post_delete], sender=System)
def _system_changed(**_: object) -> None:
    """How a system orders its versions is configuration, whoever creates or changes it."""
    touch()


def current() -> Configuration:
    """The present configuration."""
    return known(stamp())


def opening() -> tuple[Configuration, datetime]:
    """The present configuration and the database's clock, in one statement."""
    number, moment = present()
    return known(number), moment


def present() -> tuple[int, datetime]:
    """The number of the present configuration and the database's clock."""
    [(number, moment)] = select(_OPENING[vendor()], [])
    return number, writer.instant_of(moment)


_OPENING = {
    vendor: f"SELECT number, {clock} FROM canonical_configurationstamp WHERE id = 1"  # noqa: S608
    for vendor, clock in writer.CLOCK.items()
}


def known(number: int) -> Configuration:
    """The configuration of a number that was just read, or a newer one."""
    global _held
    held = _held
    if held is None or held.stamp != number:
        held = _read(number)
        with _lock:
            _held = held
    return held


def forget() -> None:
    """Drop the cached configuration; for tests that roll the stamp back."""
    global _held
    _held = None


def _read(number: int) -> Configuration:
    terms: dict[str, set[str]] = {}
    for vocabulary, code in Term.objects.filter(active=True).values_list("vocabulary", "code"):
        terms.setdefault(vocabulary, set()).add(code)
    rows = list(
        Crosswalk.objects.values_list("system", "vocabulary", "value", "term__code", "outbound")
    )
    return Configuration(
        stamp=number,
        policies={
            p.entity: survivorship.Policy.from_rules(p.entity, p.version, p.rules)
            for p in Policy.objects.filter(active=True)
        },
        terms={name: frozenset(codes) for name, codes in terms.items()},
        crosswalk={(s, v, value): term for s, v, value, term, _ in rows},
        outbound={(s, v, term): value for s, v, value, term, out in rows if out},
        order_by=dict(System.objects.values_list("code", "order_by")),
        active=frozenset(System.objects.filter(active=True).values_list("code", flat=True)),
        time_zones=dict(LegalEntity.objects.values_list("term__code", "time_zone")),
    )
