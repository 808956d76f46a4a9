"""Connecting a system: its address and login, the mapping that reads it, the words it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from canonical import configuration
from canonical.governance import reference_data
from canonical.models import Crosswalk, System, Term
from sync import connectors, egress
from sync.connectors.profile import Profile, mapping_spec
from sync.inbound import catalogue
from sync.models import Connection, Pull
from sync.models import Mapping as StoredMapping
from sync.models.connections import LoginKind

LOGINS: dict[LoginKind, frozenset[str]] = {
    LoginKind.NONE: frozenset(),
    LoginKind.OAUTH: frozenset(
        {
            "token_url",
            "client_id",
            "scope",
            "resource",
            "audience",
            "certificate_id",
            "algorithm",
        }
    ),
    LoginKind.BASIC: frozenset({"username"}),
    LoginKind.KEY: frozenset({"header", "prefix"}),
}
NEEDED: dict[LoginKind, frozenset[str]] = {
    LoginKind.OAUTH: frozenset({"token_url", "client_id"}),
    LoginKind.BASIC: frozenset({"username"}),
}


class Unconnectable(ValueError):
    """The system cannot be connected like this; the message says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a system is to be reached; `entities` are those that are read from it."""

    system: str
    connector: str
    url: str
    login_kind: LoginKind = LoginKind.NONE
    login: Mapping[str, str] | None = None
    secret: str = ""
    event_secret: str = ""
    settings: Mapping[str, Any] | None = None
    entities: Collection[str] = ()
    every: timedelta | None = None


@transaction.atomic
def connect(wish: Wish, by: str) -> Connection:
    """Connect a system, or change how it is connected; raises Unconnectable.

    An entity that has a mapping keeps it, and so does a word that has a meaning: what the firm
    decided stands above what the connector ships with. An empty secret keeps the present one.
    """
    profile = _checked(wish)
    held = Connection.objects.select_for_update().filter(pk=wish.system).first()
    connection = held or Connection(system_id=wish.system)
    connection.connector, connection.url = wish.connector, wish.url
    connection.settings = dict(wish.settings or {})
    connection.login_kind, connection.login = wish.login_kind, dict(wish.login or {})
    connection.secret = wish.secret or connection.secret
    connection.event_secret = wish.event_secret or connection.event_secret
    connection.save()
    _ship_words(profile, wish.system)
    for entity in wish.entities:
        _read_entity(profile, connection, entity, wish.every, by)
    configuration.touch()
    return connection


def _checked(wish: Wish) -> Profile:
    kind = connectors.SYSTEMS.get(wish.connector)
    if kind is None:
        known = ", ".join(sorted(connectors.SYSTEMS))
        raise Unconnectable(f"A connector is one of {known}.")
    if not System.objects.filter(pk=wish.system).exists():
        raise Unconnectable(f"There is no system {wish.system}.")
    _check_login(wish)
    for url in filter(None, (wish.url, (wish.login or {}).get("token_url"))):
        try:
            egress.check_url(url)
        except egress.Refused as error:
            raise Unconnectable(f"{url} is not spoken to: {error}.") from None
    unknown = (wish.settings or {}).keys() - kind.profile.settings.keys()
    if unknown:
        known = ", ".join(sorted(kind.profile.settings)) or "none"
        raise Unconnectable(f"No setting {', '.join(sorted(unknown))}; there are: {known}.")
    foreign = set(wish.entities) - kind.profile.objects.keys()
    if foreign or (wish.entities and not kind.capabilities.pulls):
        named = ", ".join(sorted(foreign or wish.entities))
        raise Unconnectable(f"{kind.profile.title} is not read for: {named}.")
    return kind.profile


def _check_login(wish: Wish) -> None:
    given = set(wish.login or {})
    if unknown := given - LOGINS[wish.login_kind]:
        raise Unconnectable(f"A login by {wish.login_kind} has no {', '.join(sorted(unknown))}.")
    if missing := NEEDED.get(wish.login_kind, frozenset()) - given:
        raise Unconnectable(f"A login by {wish.login_kind} needs {', '.join(sorted(missing))}.")


def _ship_words(profile: Profile, system: str) -> None:
    """Give the system the words of its kind, where neither word nor term has one yet."""
    held = Crosswalk.objects.filter(system=system)
    words = set(held.values_list("vocabulary", "value"))
    told = set(held.filter(outbound=True).values_list("vocabulary", "term__code"))
    known = {
        (t.vocabulary_id, t.code): t for t in Term.objects.filter(vocabulary__in=profile.words)
    }
    for vocabulary, code, word in _pairs(profile):
        term = known.get((vocabulary, code))
        if term is None or (vocabulary, word) in words:
            continue
        words.add((vocabulary, word))
        outbound = (vocabulary, code) not in told
        reference_data.save_crosswalk(
            Crosswalk(system_id=system, vocabulary_id=vocabulary, value=word, term=term,
                      outbound=outbound)
        )  # fmt: skip


def _pairs(profile: Profile) -> Iterable[tuple[str, str, str]]:
    for vocabulary, terms in profile.words.items():
        for code, word in terms.items():
            yield vocabulary, code, word


def _read_entity(
    profile: Profile, connection: Connection, entity: str, every: timedelta | None, by: str
) -> None:
    mapped = StoredMapping.objects.filter(system=connection.system_id, entity=entity, active=True)
    if not mapped.exists():
        catalogue.save(mapping_spec(profile.objects[entity], connection.system_id), by)
    Pull.objects.update_or_create(connection=connection, entity=entity, defaults={"every": every})
