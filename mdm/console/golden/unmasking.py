"""Restricted values are shown on request, with a reason, for a while; each time is on record."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from canonical.admin.base import UNMASKED_FOR, may_unmask, unmask
from canonical.governance import audit
from canonical.models import AuditKind, Golden
from mdm.console.pages import back, cause_from, scoped


@require_POST
@scoped("read")
def unmask_golden(request: HttpRequest, golden: UUID) -> HttpResponse:
    """Show one golden record's restricted values to this person, who says why."""
    if not may_unmask(request):
        raise PermissionDenied
    record = get_object_or_404(Golden, pk=golden)
    cause = cause_from(request)
    audit.note(AuditKind.UNMASKED, cause, f"{record.entity} {record.code}", golden=record.pk)
    unmask(request, record.pk)
    minutes = int(UNMASKED_FOR.total_seconds() // 60)
    messages.info(request, f"Shown for {minutes} minutes. That you looked, and why, is on record.")
    return back(request)
