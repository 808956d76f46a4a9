"""Auditors and administrators see the audit entries."""

from __future__ import annotations

from typing import Any

from django.db import migrations

GROUPS = ("auditor", "admin")


def grant(apps: Any, editor: Any) -> None:
    """Permissions come from a signal after migrate, so make it where it is not there yet."""
    types = apps.get_model("contenttypes", "ContentType").objects
    user, _ = types.get_or_create(app_label="canonical", model="user")
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=user,
        codename="view_audit",
        defaults={"name": "Sees who looked and changed"},
    )
    for name in GROUPS:
        group = apps.get_model("auth", "Group").objects.filter(name=name).first()
        if group is not None:
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("mdm", "0003_saved_views"), ("canonical", "0009_audit_and_completeness")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
