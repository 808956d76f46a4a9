"""Who may come in: people (User) and systems or services (Credential).

User signs in to the console; Credential n-1 System, 1-n access token (django-oauth-toolkit).
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from oauth2_provider.models import AbstractApplication

SCOPES = {
    "ingest": "Put source records in",
    "match": "Search before create",
    "read": "Read golden records",
    "steward": "Decide, merge, split, undo and override",
    "sync": "Subscriptions, deliveries and replay",
    "admin": "Systems, credentials, policies and mappings",
}


def validate_scopes(scopes: object) -> None:
    """Refuse anything but a list of distinct known scopes."""
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise ValidationError("Scopes are a list of names.")
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise ValidationError(f"Unknown scopes: {', '.join(unknown)}.")
    if len(set(scopes)) != len(scopes):
        raise ValidationError("A scope is named twice.")


class User(AbstractUser):
    """A person of the console; what they may do beyond reading comes from permissions.

    `subject` names one who signs in through an identity provider: its issuer and their id there.
    """

    subject = models.CharField(max_length=255, null=True, blank=True, unique=True, editable=False)

    class Meta(AbstractUser.Meta):
        permissions = [
            *((f"scope_{scope}", f"May: {label.lower()}") for scope, label in SCOPES.items()),
            ("view_restricted", "Sees restricted attributes"),
            ("view_audit", "Sees who looked and changed"),
        ]


class Credential(AbstractApplication):
    """An OAuth 2.0 client: one system's or one service's way in, with what it may do.

    After a rotation the replaced secret stays good until `previous_secret_until`, so that the
    two sides need not change in the same moment.
    """

    system = models.ForeignKey(
        "canonical.System",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credentials",
        help_text="The only system it may write for and read back; none for a service.",
    )
    scopes = models.JSONField(default=list, validators=[validate_scopes])
    restricted = models.BooleanField(default=False, help_text="Sees restricted attributes.")
    all_systems = models.BooleanField(
        default=False, help_text="Reaches every system; for the demo's integrator only."
    )
    active = models.BooleanField(default=True)
    previous_secret = models.CharField(max_length=255, blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager[Credential]] = models.Manager()

    class Meta(AbstractApplication.Meta):
        abstract = False
        verbose_name = "credential"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as what it always is: a confidential client of the client credentials grant."""
        self.client_type = self.CLIENT_CONFIDENTIAL
        self.authorization_grant_type = self.GRANT_CLIENT_CREDENTIALS
        super().save(*args, **kwargs)

    def rotate_secret(self, keep_previous_until: datetime | None) -> str:
        """Give it a new secret and return the only readable copy of it."""
        self.previous_secret = str(self.client_secret) if keep_previous_until else ""
        self.previous_secret_until = keep_previous_until
        secret = secrets.token_urlsafe(32)
        self.client_secret = secret
        self.save()
        return secret

    def is_usable(self, request: object) -> bool:
        """Answer django-oauth-toolkit: an inactive credential gets no token."""
        return self.active
