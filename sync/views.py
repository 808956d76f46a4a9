"""The pages of the sink; their addresses exist in a demo only."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from sync import sink
from sync.models import Received, Subscription

SHOWN = 200


@csrf_exempt
@require_POST
def receive(request: HttpRequest, subscription: UUID) -> HttpResponse:
    """Take a message as a target does; the signature is its credential."""
    found = get_object_or_404(Subscription, pk=subscription, owner=sink.OWNER)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        receipt = sink.accept(found, headers, request.body)
    except (sink.Forged, ValueError, KeyError):
        return JsonResponse({"detail": "not signed by the hub"}, status=400)
    return JsonResponse({"receipt": receipt})


@staff_member_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What arrived, the newest first."""
    messages = Received.objects.order_by("-id")[:SHOWN]
    context = {
        **admin.site.each_context(request),
        "title": "What arrived at the sink",
        "received": messages,
        "count": Received.objects.count(),
        "records": Received.objects.values("subject").distinct().count(),
    }
    return render(request, "sync/sink.html", context)
