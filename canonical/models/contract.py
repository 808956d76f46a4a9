"""What the public contract remembers: answers already given to an Idempotency-Key."""

from __future__ import annotations

from django.db import models


class IdempotentAnswer(models.Model):
    """The answer to one POST, written in the same transaction as what the POST did.

    So either both exist or neither: a client that lost the answer asks again and gets it. The body
    is sealed: the answer that brings a new secret is kept like any other.
    """

    owner = models.CharField(max_length=300, help_text="The principal; keys of others never meet.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="one_answer_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.owner}: {self.status}"
