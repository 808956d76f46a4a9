"""Secrets at rest: sealed in the database, readable in the process alone."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def seal(text: str) -> str:
    """The text under Fernet; of ASSAY_ENCRYPTION_KEYS the first encrypts and all decrypt.

    Without any, the key comes from SECRET_KEY: whoever changes that loses the secrets.
    """
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text again; ImproperlyConfigured where the keys changed."""
    try:
        return _box().decrypt(sealed.encode()).decode()
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
