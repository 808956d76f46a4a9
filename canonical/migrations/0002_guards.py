"""What the database itself holds: code sequences, an append-only journal, no NaN in a number."""

from django.db import migrations

ENTITIES = ("client", "resource", "rate_card", "contract", "engagement", "billing_schedule")
FROZEN = (
    "seq", "golden_id", "entity", "version", "kind", "published", "actor_id", "actor_name",
    "cause", "correlation_id", "model_version", "policy_version", "recorded_at",
    "content_digest", "prev_hash", "hash",
)

POSTGRES_JOURNAL = """
CREATE FUNCTION canonical_change_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'the journal is append-only';
    END IF;
    IF ({frozen_new}) IS DISTINCT FROM ({frozen_old})
       OR (OLD.position IS NOT NULL AND NEW.position IS DISTINCT FROM OLD.position)
       OR (NEW.after IS DISTINCT FROM OLD.after AND NEW.after IS NOT NULL)
       OR (NEW.winners IS DISTINCT FROM OLD.winners AND NEW.winners IS NOT NULL)
       OR (NEW.salt IS DISTINCT FROM OLD.salt AND NEW.salt <> '')
    THEN
        RAISE EXCEPTION 'the journal is append-only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER canonical_change_guard BEFORE UPDATE OR DELETE ON canonical_change
    FOR EACH ROW EXECUTE FUNCTION canonical_change_guard();
CREATE TRIGGER canonical_change_no_truncate BEFORE TRUNCATE ON canonical_change
    FOR EACH STATEMENT EXECUTE FUNCTION canonical_change_guard();
"""

SQLITE_JOURNAL = (
    """
CREATE TRIGGER canonical_change_no_update BEFORE UPDATE ON canonical_change
WHEN {frozen}
   OR (OLD.position IS NOT NULL AND NEW.position IS NOT OLD.position)
   OR (NEW.after IS NOT OLD.after AND NEW.after IS NOT NULL)
   OR (NEW.winners IS NOT OLD.winners AND NEW.winners IS NOT NULL)
   OR (NEW.salt IS NOT OLD.salt AND NEW.salt <> '')
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
""",
    """
CREATE TRIGGER canonical_change_no_delete BEFORE DELETE ON canonical_change
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
""",
)


def guard_journal(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            POSTGRES_JOURNAL.format(
                frozen_new=", ".join(f"NEW.{c}" for c in FROZEN),
                frozen_old=", ".join(f"OLD.{c}" for c in FROZEN),
            )
        )
        return
    frozen = " OR ".join(f"NEW.{c} IS NOT OLD.{c}" for c in FROZEN)
    for statement in SQLITE_JOURNAL:
        schema_editor.execute(statement.format(frozen=frozen))


def free_journal(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER canonical_change_guard ON canonical_change")
        schema_editor.execute("DROP TRIGGER canonical_change_no_truncate ON canonical_change")
        schema_editor.execute("DROP FUNCTION canonical_change_guard()")
        return
    schema_editor.execute("DROP TRIGGER canonical_change_no_update")
    schema_editor.execute("DROP TRIGGER canonical_change_no_delete")


def numeric_columns(apps):
    for model in apps.get_app_config("canonical").get_models():
        if model.__name__.startswith("Historical"):
            continue
        for field in model._meta.concrete_fields:
            if field.get_internal_type() == "DecimalField":
                yield model._meta.db_table, field.column


def refuse_nan(apps, schema_editor):
    """PostgreSQL's numeric takes NaN, which no amount may be; SQLite has none."""
    if schema_editor.connection.vendor == "postgresql":
        for table, column in numeric_columns(apps):
            name = f"{table}_{column}_nan"[:63]
            schema_editor.execute(
                f'ALTER TABLE {table} ADD CONSTRAINT "{name}" CHECK ({column} <> \'NaN\')'
            )


def allow_nan(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, column in numeric_columns(apps):
            name = f"{table}_{column}_nan"[:63]
            schema_editor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def create_counters(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for entity in ENTITIES:
            schema_editor.execute(f"CREATE SEQUENCE canonical_code_{entity}")
    counter = apps.get_model("canonical", "CodeCounter")
    counter.objects.bulk_create([counter(entity=entity) for entity in ENTITIES])
    apps.get_model("canonical", "FeedState").objects.create(id=1)
    apps.get_model("canonical", "ConfigurationStamp").objects.create(id=1)


def drop_counters(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for entity in ENTITIES:
            schema_editor.execute(f"DROP SEQUENCE canonical_code_{entity}")
    for name in ("CodeCounter", "FeedState", "ConfigurationStamp"):
        apps.get_model("canonical", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("canonical", "0001_initial")]

    operations = [
        migrations.RunPython(guard_journal, free_journal),
        migrations.RunPython(refuse_nan, allow_nan),
        migrations.RunPython(create_counters, drop_counters),
    ]
