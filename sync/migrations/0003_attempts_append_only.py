"""An attempt is written once: what was sent, and what came back, is evidence."""

from django.db import migrations

POSTGRES = """
CREATE FUNCTION sync_attempt_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'attempts are append-only';
END $$;
CREATE TRIGGER sync_attempt_guard BEFORE UPDATE OR DELETE ON sync_attempt
    FOR EACH ROW EXECUTE FUNCTION sync_attempt_guard();
"""
SQLITE = """
CREATE TRIGGER sync_attempt_no_{word} BEFORE {word} ON sync_attempt
BEGIN SELECT RAISE(ABORT, 'attempts are append-only'); END
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES)
        return
    for word in ("update", "delete"):
        schema_editor.execute(SQLITE.format(word=word))


def free(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER sync_attempt_guard ON sync_attempt")
        schema_editor.execute("DROP FUNCTION sync_attempt_guard()")
        return
    for word in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER sync_attempt_no_{word}")


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_subscriptions_and_lanes")]

    operations = [migrations.RunPython(guard, free)]
