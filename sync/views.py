"""The pages of the sink; their addresses exist in a demo only."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sync import sink
from sync.connectors.webhook import secrets_of
from sync.models import Received, Subscription
from sync.outbound.content.envelope import verifies

SHOWN = 200


@csrf_exempt
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest, subscription: UUID) -> HttpResponse:
    """Take a message as a target does, or tell what is held; the signature is the credential."""
    found = get_object_or_404(Subscription, pk=subscription, owner=sink.OWNER)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if request.method == "GET":
        return _tell(request, found, headers)
    try:
        receipt = sink.accept(found, headers, request.body)
    except (sink.Forged, ValueError, KeyError):
        return JsonResponse({"detail": "not signed by the hub"}, status=400)
    return JsonResponse({"receipt": receipt})


def _tell(
    request: HttpRequest, subscription: Subscription, headers: dict[str, str]
) -> JsonResponse:
    """What the sink holds, to whom signs the address it asks."""
    now, asked = int(timezone.now().timestamp()), request.get_full_path().encode()
    if not verifies(headers, asked, secrets_of(subscription), now):
        return JsonResponse({"detail": "not signed by the hub"}, status=400)
    query = request.GET
    try:
        page = sink.held(
            subscription,
            query.get("entity", ""),
            min(int(query.get("limit", "20")), 100),
            query.get("after", ""),
            query.getlist("subject"),
        )
    except ValueError:
        return JsonResponse({"detail": "no such page"}, status=400)
    return JsonResponse(page)


@staff_member_required
@require_POST
def change(request: HttpRequest, received: int) -> HttpResponse:
    """Change a record of the sink by hand, for the hub to find at the next comparison."""
    row = get_object_or_404(Received, pk=received)
    data = row.event["data"]
    attribute = next((name for name in ("legal_name", "name", "display_name") if name in data), "")
    if attribute:
        sink.change_by_hand(row, attribute, f"{data[attribute]} (changed here)")
    return redirect("sink")


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
