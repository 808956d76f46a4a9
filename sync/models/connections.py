"""How a named system is reached: its connector, address and login, and how far it was read.

System 1-1 Connection; Connection 1-n Pull 1-n Hint.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.db import models

from canonical.models import System
from sync.models.encrypted import EncryptedTextField


class LoginKind(models.TextChoices):
    """How we prove who we are."""

    NONE = "none", "nothing"
    OAUTH = "oauth", "OAuth 2.0 client credentials"
    BASIC = "basic", "user name and password"
    KEY = "key", "key in a header"


class Connection(models.Model):
    """One system as its connector reaches it, for deliveries and for reading alike.

    `login` holds what may be shown: oauth {token_url, client_id, scope}, basic {username},
    key {header, prefix}. `secret` is the client secret, the password or the key. `event_secret`
    proves that the system's events come from it; two, apart by a space, while one replaces the
    other.
    """

    system = models.OneToOneField(
        System, primary_key=True, on_delete=models.PROTECT, related_name="connection"
    )
    connector = models.CharField(max_length=40)
    url = models.CharField(max_length=2000, help_text="Where its interface begins.")
    settings = models.JSONField(
        default=dict, blank=True, help_text="What differs between installations of this system."
    )
    login_kind = models.CharField(max_length=10, choices=LoginKind.choices, default=LoginKind.NONE)
    login = models.JSONField(default=dict, blank=True)
    secret = EncryptedTextField(blank=True, editable=False)
    event_secret = EncryptedTextField(blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("system",)

    def __str__(self) -> str:
        return f"{self.system_id} by {self.connector}"

    @property
    def fingerprint(self) -> str:
        """Changes when anything a token depends on does; holds nothing of the secret itself."""
        login: dict[str, Any] = {"kind": self.login_kind, **self.login}
        return f"{self.system_id}|{json.dumps(login, sort_keys=True)}|{self.updated_at}"


class Pull(models.Model):
    """How far one entity of a system has been read, and when it is read again.

    `cursor` is the connector's own; empty means from the beginning. Whoever reads holds it until
    `leased_until`.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="pulls")
    entity = models.CharField(max_length=20)
    cursor = models.TextField(blank=True)
    every = models.DurationField(null=True, blank=True, help_text="Empty: only on demand.")
    due_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    records = models.PositiveBigIntegerField(default=0, help_text="Taken in since the beginning.")
    last_error = models.CharField(max_length=255, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("connection", "entity")
        constraints = [models.UniqueConstraint(fields=["connection", "entity"], name="pull_unique")]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.entity}"


class Hint(models.Model):
    """A record that its system spoke of: it is read again, and then the hint goes.

    `mark` is new whenever the record is spoken of, so that what is said while it is being read is
    not lost with the hint that was worked off.
    """

    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="hints")
    source_id = models.CharField(max_length=255)
    mark = models.UUIDField(default=uuid4)
    noted_at = models.DateTimeField(help_text="When the record was first spoken of.")
    due_at = models.DateTimeField()

    class Meta:
        ordering = ("pull", "source_id")
        constraints = [
            models.UniqueConstraint(fields=["pull", "source_id"], name="hint_unique"),
        ]
        indexes = [models.Index(fields=["pull", "due_at"], name="hint_due")]

    def __str__(self) -> str:
        return f"{self.pull_id}: {self.source_id}"
