"""The named systems as they are connected, and how far each has been read."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from canonical.admin.base import ReadOnlyAdmin, pretty
from sync.models import Connection, Pull


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin[Connection]):
    """Which connector reaches a system, where, and as whom; never its secret."""

    list_display = ("system", "connector", "url", "login_kind", "updated_at")
    list_filter = ("connector",)
    list_select_related = ("system",)
    search_fields = ("system__code", "url")
    fields = ("system", "connector", "url", "chosen", "login_kind", "public", "updated_at")

    @admin.display(description="Settings")
    def chosen(self, connection: Connection) -> str:
        return pretty(connection.settings)

    @admin.display(description="Login")
    def public(self, connection: Connection) -> str:
        return pretty(connection.login)


@admin.register(Pull)
class PullAdmin(ReadOnlyAdmin[Pull]):
    """Entities that are read from systems."""

    list_display = ("connection", "entity", "standing", "records", "finished_at", "due_at",
                    "last_error")  # fmt: skip
    list_filter = ("connection", "entity")
    list_select_related = ("connection",)
    fields = ("connection", "entity", "standing", "every", "records", "cursor", "finished_at",
              "due_at", "leased_until", "last_error")  # fmt: skip

    @display(description="Standing", label={"failing": "danger", "read": "success"})
    def standing(self, pull: Pull) -> str:
        if pull.last_error:
            return "failing"
        return "read" if pull.finished_at else "not read yet"
