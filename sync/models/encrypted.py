"""A column whose text is sealed."""

from __future__ import annotations

from typing import Any

from django.db import models

from canonical.sealing import seal, unseal


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database holds sealed."""

    def get_prep_value(self, value: Any) -> Any:
        return seal(value) if value else value

    def from_db_value(self, value: Any, expression: object, connection: object) -> Any:
        return unseal(value) if value else value
