"""Who asks, and what they may do: one value for people, systems and the hub itself."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet, Subquery
from oauth2_provider.models import AccessToken

from canonical.models import ConfigurationStamp
from canonical.models.access import SCOPES, Credential, User, validate_scopes
from canonical.models.registry import System
from canonical.reader import Read, Slot

RESTRICTED = "restricted"
AUDIT = "audit"
# What a person may be granted beside scopes, by the permission that grants it.
GRANTS = {RESTRICTED: "canonical.view_restricted", AUDIT: "canonical.view_audit"}


@dataclass(frozen=True, slots=True)
class Principal:
    """The one on whose behalf something is done.

    `id` is stable and written to the journal (`user:7`, `credential:<client id>`, `hub:sweep`);
    `name` is what a person reads. `system` is the only system a credential reaches, None for a
    service or a person; `every_system` is for people and for the integrator of the demo. `stamp`
    is the configuration's number, where it was read together with the credential.
    """

    id: str
    name: str
    system: str | None = None
    scopes: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()
    every_system: bool = False
    stamp: int | None = field(default=None, compare=False)

    def may(self, scope: str) -> bool:
        """Whether the scope was given."""
        return scope in self.scopes

    def reaches(self, system: str) -> bool:
        """Whether records of this system are its to write and read back."""
        return self.every_system or self.system == system

    @property
    def person(self) -> int | None:
        """The key of the person who asks; None for a credential or the hub."""
        kind, _, key = self.id.partition(":")
        return int(key) if kind == "user" else None

    @property
    def sees_restricted(self) -> bool:
        """Whether restricted attributes are shown, not masked."""
        return RESTRICTED in self.grants


def of_credential(credential: Credential, scopes: Iterable[str]) -> Principal:
    """A system or service; a token never does more than its credential allows by now."""
    return _of_columns(scopes, None, *(getattr(credential, name) for name in _CREDENTIAL))


_CREDENTIAL = ("client_id", "name", "system_id", "scopes", "restricted", "all_systems")


def _of_columns(
    scopes: Iterable[str],
    stamp: int | None,
    client_id: str,
    name: str,
    system: str | None,
    allowed: Iterable[str],
    restricted: bool,
    every_system: bool,
) -> Principal:
    return Principal(
        id=f"credential:{client_id}",
        name=name or client_id,
        system=system,
        scopes=frozenset(scopes) & frozenset(allowed),
        grants=frozenset({RESTRICTED} if restricted else ()),
        every_system=every_system,
        stamp=stamp,
    )


def of_token(checksum: str, moment: datetime) -> Principal | None:
    """The caller behind an unexpired token of an active credential, by the token's SHA-256."""
    for expires, scope, *columns in _TOKENS(checksum=checksum):
        if expires > moment:
            return _of_columns(scope.split(), *columns)
    return None


_TOKENS = Read(
    lambda: AccessToken.objects.filter(
        token_checksum=Slot("checksum"), application__active=True
    ).values_list(
        *("expires", "scope", Subquery(ConfigurationStamp.objects.values("number")[:1])),
        *(f"application__{name}" for name in _CREDENTIAL),
    )
)


def of_user(user: User) -> Principal:
    """A person: staff read, everything else is a permission."""
    granted = {scope for scope in SCOPES if user.has_perm(f"canonical.scope_{scope}")}
    return Principal(
        id=f"user:{user.pk}",
        name=user.get_full_name() or user.get_username(),
        scopes=frozenset(granted | ({"read"} if user.is_staff else set())),
        grants=frozenset(grant for grant, name in GRANTS.items() if user.has_perm(name)),
        every_system=True,
    )


def stewards() -> QuerySet[User]:
    """The people who may decide, by name: whom work can be given to."""
    permission = "scope_steward"
    may = (
        Q(is_superuser=True)
        | Q(groups__permissions__codename=permission)
        | Q(user_permissions__codename=permission)
    )
    staff = User.objects.filter(may, is_active=True, is_staff=True)
    return staff.distinct().order_by("username")


def of_hub(task: str) -> Principal:
    """The hub itself, at a task that no one asked for: a sweep, an expiry, a new day."""
    return Principal(
        id=f"hub:{task}",
        name="Assay",
        scopes=frozenset(SCOPES),
        grants=frozenset({RESTRICTED}),
        every_system=True,
    )


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """A new credential with the only readable copy of its secret."""

    credential: Credential
    client_secret: str


def issue_credential(
    system: System | None,
    scopes: Iterable[str],
    *,
    name: str = "",
    restricted: bool = False,
    every_system: bool = False,
) -> IssuedCredential:
    """Let a system in, or a service when `system` is None; ValidationError for unknown scopes."""
    wanted = list(scopes)
    validate_scopes(wanted)
    label = name or (system.name if system else "service")
    secret = secrets.token_urlsafe(32)
    credential = Credential.objects.create(
        client_id=f"{system.code if system else 'service'}-{secrets.token_hex(8)}",
        client_secret=secret,
        name=label,
        system=system,
        scopes=wanted,
        restricted=restricted,
        all_systems=every_system,
    )
    return IssuedCredential(credential, secret)
