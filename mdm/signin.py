"""Sign-in through an identity provider (OpenID Connect), beside local accounts.

A person is known by the provider's subject and by nothing else: a local account with the same
name or address is never taken over. Groups come from a claim, at every sign-in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from canonical.access import of_user
from canonical.golden.cause import cause_of
from canonical.governance import audit
from canonical.models import AuditKind, User

MAX_NAME = 150


class ProviderBackend(OIDCAuthenticationBackend):  # type: ignore[misc]
    """Lets people in whom the provider vouches for and to whom it gives one of our groups."""

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """The ID token's claims, which must be meant for this hub and come from its provider."""
        payload: dict[str, Any] = super().verify_token(token, **kwargs)
        meant = payload.get("aud")
        audiences = meant if isinstance(meant, list) else [meant]
        if self.OIDC_RP_CLIENT_ID not in audiences:
            raise SuspiciousOperation("The ID token is meant for somebody else.")
        if settings.OIDC_ISSUER and payload.get("iss") != settings.OIDC_ISSUER:
            raise SuspiciousOperation("The ID token comes from another provider.")
        return payload

    def get_userinfo(
        self, access_token: str, id_token: str, payload: dict[str, Any]
    ) -> dict[str, Any]:
        """What the provider tells of the one who signs in, and of nobody else."""
        told: dict[str, Any] = super().get_userinfo(access_token, id_token, payload)
        if told.get("sub") != payload.get("sub"):
            raise SuspiciousOperation("The provider told of another person.")
        return {**payload, **told}

    def verify_claims(self, claims: Mapping[str, Any]) -> bool:
        """Only people with a subject and at least one of our groups come in."""
        return bool(claims.get("sub")) and bool(groups_in(claims))

    def filter_users_by_claims(self, claims: Mapping[str, Any]) -> QuerySet[User]:
        return User.objects.filter(subject=_subject(claims))

    def create_user(self, claims: Mapping[str, Any]) -> User:
        user = User(username=_free_name(claims), subject=_subject(claims), is_staff=True)
        user.set_unusable_password()
        return _told(user, claims)

    def update_user(self, user: User, claims: Mapping[str, Any]) -> User | None:
        """What the provider says now; one whom an administrator made inactive stays out."""
        return _told(user, claims) if user.is_active else None


def groups_in(claims: Mapping[str, Any]) -> set[str]:
    """Our groups, by the names the provider uses for them."""
    said: Any = claims
    for step in settings.OIDC_GROUPS_CLAIM.split("."):
        said = said.get(step) if isinstance(said, Mapping) else None
    names: Iterable[Any] = [said] if isinstance(said, str) else said or ()
    theirs = {str(name).rsplit("/", 1)[-1] for name in names}
    return {settings.OIDC_GROUPS.get(name, name) for name in theirs} & set(_shipped())


def _shipped() -> list[str]:
    return list(Group.objects.values_list("name", flat=True))


def _subject(claims: Mapping[str, Any]) -> str:
    return f"{settings.OIDC_ISSUER}#{claims['sub']}"[-255:]


def _free_name(claims: Mapping[str, Any]) -> str:
    wanted = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])[:120]
    taken = set(User.objects.filter(username__startswith=wanted).values_list("username", flat=True))
    names = (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


@transaction.atomic
def _told(user: User, claims: Mapping[str, Any]) -> User:
    """Take over name, address and groups; a change of groups is written down."""
    user.first_name = str(claims.get("given_name") or "")[:MAX_NAME]
    user.last_name = str(claims.get("family_name") or "")[:MAX_NAME]
    user.email = str(claims.get("email") or "")[:254]
    user.save()
    before = set(user.groups.values_list("name", flat=True))
    after = groups_in(claims)
    if before != after:
        user.groups.set(Group.objects.filter(name__in=after))
        facts = {"before": sorted(before), "after": sorted(after)}
        audit.note(AuditKind.ROLES, cause_of(of_user(user)), user.username, facts=facts)
    return user


def offered(request: HttpRequest) -> dict[str, str]:
    """For templates: what the provider is called, nothing where there is none."""
    return {"identity_provider": settings.OIDC_NAME if settings.OIDC_ENABLED else ""}
