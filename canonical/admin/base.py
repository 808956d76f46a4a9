"""What every list of the console stands on: who may look, who may change, how things are shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db import models
from django.http import HttpRequest
from django.urls import reverse
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


def principal_of(request: HttpRequest) -> Principal:
    """Who looks at a page; nobody before the sign-in."""
    user = request.user
    return access.of_user(user) if isinstance(user, User) and user.is_active else NOBODY


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
