"""The groups that ship: what each may do beyond reading, which all staff may."""

from __future__ import annotations

from typing import Any

from django.db import migrations

SCOPES = {
    "ingest": "Put source records in",
    "match": "Search before create",
    "read": "Read golden records",
    "steward": "Decide, merge, split, undo and override",
    "sync": "Subscriptions, deliveries and replay",
    "admin": "Systems, credentials, policies and mappings",
}
NAMES = {
    **{f"scope_{scope}": f"May: {label.lower()}" for scope, label in SCOPES.items()},
    "view_restricted": "Sees restricted attributes",
}
GROUPS = {
    "steward": ["scope_match", "scope_steward"],
    "finance": ["scope_match", "view_restricted"],
    "integrator": ["scope_ingest", "scope_match", "scope_sync"],
    "auditor": ["view_restricted"],
    "admin": list(NAMES),
}


def ship(apps: Any, editor: Any) -> None:
    """Make the groups; permissions come from a signal after migrate, so make those too."""
    permissions = apps.get_model("auth", "Permission").objects
    types = apps.get_model("contenttypes", "ContentType").objects
    user, _ = types.get_or_create(app_label="canonical", model="user")
    for name, codenames in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        for codename in codenames:
            permission, _ = permissions.get_or_create(
                content_type=user, codename=codename, defaults={"name": NAMES[codename]}
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("mdm", "0001_heartbeat"),
        ("canonical", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
