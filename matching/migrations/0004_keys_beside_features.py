import matching.models
from django.db import migrations, models

# What stands in rows of keys is gathered beside the features that were filed with them.
ARRAYS = """
UPDATE matching_matchfeatures f SET system = r.system_id, keys = COALESCE(k.keys, '{}')
FROM canonical_sourcerecord r
LEFT JOIN (
    SELECT record, array_agg(key) AS keys FROM matching_matchkey GROUP BY record) k
    ON k.record = r.id
WHERE r.id = f.record
"""
JSON = """
UPDATE matching_matchfeatures AS f SET
    system = (SELECT r.system_id FROM canonical_sourcerecord r WHERE r.id = f.record),
    keys = (SELECT json_group_array(k.key) FROM matching_matchkey k WHERE k.record = f.record)
WHERE EXISTS (SELECT 1 FROM canonical_sourcerecord r WHERE r.id = f.record)
"""


def gather(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(ARRAYS if postgresql else JSON)


class Migration(migrations.Migration):

    dependencies = [
        ('canonical', '0012_source_indexes'),
        ('matching', '0003_filed_by'),
    ]

    operations = [
        migrations.AddField(
            model_name='matchfeatures',
            name='system',
            field=models.CharField(default='', help_text="As the record's, which never changes.", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='matchfeatures',
            name='keys',
            field=matching.models.Numbers(default=list, help_text='The keys under which the record is filed.'),
            preserve_default=False,
        ),
        migrations.RunPython(gather, migrations.RunPython.noop),
        migrations.RemoveIndex(
            model_name='matchkey',
            name='match_key_record',
        ),
    ]
