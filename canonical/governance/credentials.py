"""Who lets systems in and stops them: credentials issued, rotated and revoked, in the audit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from canonical import access, writer
from canonical.access import IssuedCredential
from canonical.golden.cause import Cause
from canonical.governance import audit
from canonical.identity.errors import Conflict
from canonical.models import AuditKind, Credential, System

KEEP_PREVIOUS: Final = timedelta(hours=24)  # so that both sides need not change at once
LONGEST: Final = timedelta(days=7)


@transaction.atomic
def issue(
    system: System | None, scopes: Collection[str], name: str, restricted: bool, cause: Cause
) -> IssuedCredential:
    """Let a system in, or a service where it is none; the only readable copy of the secret."""
    issued = access.issue_credential(system, scopes, name=name, restricted=restricted)
    facts = {"scopes": sorted(scopes), "restricted": restricted}
    audit.note(AuditKind.CREDENTIAL, cause, f"issued {_words(issued.credential)}", facts=facts)
    return issued


@transaction.atomic
def rotate(credential: Credential, keep: timedelta, cause: Cause) -> str:
    """Give it a new secret; the old one stays good for a while. Raises Conflict if revoked."""
    if not credential.active:
        raise Conflict(f"{credential.name} was revoked.")
    until: datetime | None = writer.now() + keep if keep else None
    secret = credential.rotate_secret(until)
    facts = {"previous_secret_until": until.isoformat() if until else None}
    audit.note(AuditKind.CREDENTIAL, cause, f"rotated {_words(credential)}", facts=facts)
    return secret


@transaction.atomic
def revoke(credential: Credential, cause: Cause) -> None:
    """Let it in no more, with whatever token it has; for ever."""
    if credential.active:
        Credential.objects.filter(pk=credential.pk).update(
            active=False, previous_secret="", previous_secret_until=None
        )
        audit.note(AuditKind.CREDENTIAL, cause, f"revoked {_words(credential)}")
    credential.refresh_from_db()


def _words(credential: Credential) -> str:
    return f"{credential.name} ({credential.client_id})"
