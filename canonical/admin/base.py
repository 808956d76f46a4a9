"""What every list of the console stands on: who may look, who may change, how things are shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin as ThemedAdmin

from canonical import access
from canonical.access import Principal
from canonical.models import User

M = TypeVar("M", bound=models.Model)

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as PlainAdmin

    class ModelAdmin(PlainAdmin[M]):
        """The theme's, as far as types go."""

else:

    class ModelAdmin(ThemedAdmin):
        """The theme's; subscriptable, so that types can say whose it is."""

        def __class_getitem__(cls, model: object) -> type:
            return cls


NOBODY = Principal(id="nobody", name="nobody")


UNMASKED_FOR = timedelta(minutes=15)
_UNMASKED = "unmasked"  # in the session: until when, by golden record


def principal_of(request: HttpRequest) -> Principal:
    """Who looks at a page; nobody before the sign-in.

    Pages mask restricted values from everyone: those with the grant ask for them (`unmasked`).
    """
    whole = _whole(request)
    return replace(whole, grants=whole.grants - {access.RESTRICTED})


def _whole(request: HttpRequest) -> Principal:
    user = request.user
    return access.of_user(user) if isinstance(user, User) and user.is_active else NOBODY


def may_unmask(request: HttpRequest) -> bool:
    """Whether this person may ask for restricted values."""
    return _whole(request).sees_restricted


def unmask(request: HttpRequest, golden: UUID) -> None:
    """Remember that this person asked for one golden record's restricted values."""
    until = timezone.now() + UNMASKED_FOR
    held = request.session.get(_UNMASKED, {})
    request.session[_UNMASKED] = {**held, str(golden): until.isoformat()}


def unmasked(request: HttpRequest, golden: UUID | str | None) -> bool:
    """Whether one golden record's restricted values are shown to this person now."""
    # SQLite gives the id of a subquery as text without dashes.
    key = str(UUID(str(golden))) if golden else ""
    until = request.session.get(_UNMASKED, {}).get(key)
    fresh = until is not None and datetime.fromisoformat(until) > timezone.now()
    return fresh and may_unmask(request)


class ReadOnlyAdmin(ModelAdmin[M]):
    """Rows that use cases alone may write: staff look at them, nobody changes them here."""

    actions: Any = None
    list_fullwidth = True
    show_full_result_count = False
    list_per_page = 50

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return principal_of(request).may("read")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may("read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ConfigurationAdmin(ReadOnlyAdmin[M]):
    """Rows that decide how the hub works: changed by those with the scope `admin`."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may("admin")

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return principal_of(request).may("admin")


def golden_link(golden: UUID | None, text: object = None) -> str:
    """A link to the page of a golden record."""
    if golden is None:
        return "–"
    url = reverse("admin:canonical_golden_change", args=[golden])
    return format_html('<a class="link" href="{}">{}</a>', url, text or golden)


def record_link(record: UUID | None, text: object = None) -> str:
    """A link to the page of a source record."""
    if record is None:
        return "–"
    url = reverse("admin:canonical_sourcerecord_change", args=[record])
    return format_html('<a class="link" href="{}">{}</a>', url, text or record)


def pretty(value: Any) -> str:
    """A JSON value, indented."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="json" tabindex="0">{}</pre>', text)
