"""Make the entity part of each key's number, and file the rows anew from what stands with features."""

from django.db import migrations, models
from xxhash import xxh3_64_intdigest

PORTION = 1_000
RENUMBER = """
UPDATE matching_matchfeatures f SET keys = COALESCE((
    SELECT array_agg(told.key # %s ORDER BY told.place)
    FROM unnest(f.keys) WITH ORDINALITY AS told (key, place)), '{}')
WHERE f.entity = %s
"""
ROWS = """
INSERT INTO matching_matchkey (key, record)
SELECT DISTINCT told.key, f.record FROM matching_matchfeatures f
CROSS JOIN LATERAL unnest(f.keys) AS told (key) ORDER BY told.key
"""
ROWS_JSON = """
INSERT INTO matching_matchkey (key, record)
SELECT DISTINCT told.value, f.record FROM matching_matchfeatures f
CROSS JOIN json_each(f.keys) AS told ORDER BY told.value
"""


def own(entity):
    number = xxh3_64_intdigest(entity.encode())
    return number - (1 << 64) if number >> 63 else number


def renumber(apps, schema_editor):
    features = apps.get_model("matching", "MatchFeatures").objects.using(
        schema_editor.connection.alias
    )
    on_server = schema_editor.connection.vendor == "postgresql"
    for entity in features.values_list("entity", flat=True).distinct():
        if on_server:
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(RENUMBER, [own(entity), entity])
            continue
        rows = list(features.filter(entity=entity).only("record", "keys"))
        for row in rows:
            row.keys = [key ^ own(entity) for key in row.keys]
        features.bulk_update(rows, ["keys"], batch_size=PORTION)
    schema_editor.execute(ROWS if on_server else ROWS_JSON)


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0004_keys_beside_features'),
    ]

    operations = [
        migrations.DeleteModel(
            name='MatchKey',
        ),
        migrations.CreateModel(
            name='MatchKey',
            fields=[
                ('pk', models.CompositePrimaryKey('key', 'record', blank=True, editable=False, primary_key=True, serialize=False)),
                ('key', models.BigIntegerField()),
                ('record', models.UUIDField()),
            ],
        ),
        migrations.RunPython(renumber, migrations.RunPython.noop),
    ]
