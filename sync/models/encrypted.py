"""Secrets at rest: encrypted in the column, readable in the process alone."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text under Fernet; of ASSAY_ENCRYPTION_KEYS the first encrypts and all decrypt.

    Without any, the key comes from SECRET_KEY: whoever changes that loses the secrets.
    """

    def get_prep_value(self, value: Any) -> Any:
        return _box().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: Any, expression: object, connection: object) -> Any:
        if not value:
            return value
        try:
            return _box().decrypt(value.encode()).decode()
        except InvalidToken:
            raise ImproperlyConfigured(
                "A stored secret cannot be read: ASSAY_ENCRYPTION_KEYS (or SECRET_KEY) changed."
            ) from None


def _box() -> MultiFernet:
    return _box_of(tuple(settings.ASSAY_ENCRYPTION_KEYS) or (settings.SECRET_KEY,))


@cache
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(key: str) -> bytes:
    digest = hashlib.sha256(b"assay secrets at rest\n" + key.encode()).digest()
    return base64.urlsafe_b64encode(digest)
