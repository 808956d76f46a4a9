"""The built-in system of the console, the shipped vocabularies and a first policy per entity."""

from django.db import migrations

from canonical.survivorship.defaults import DEFAULT_POLICIES
from canonical.vocabularies import SHIPPED


def ship(apps, schema_editor):
    system = apps.get_model("canonical", "System")
    system.objects.create(
        code="console", name="Stewards", kind="console", order_by="received", owner="stewards"
    )
    vocabulary = apps.get_model("canonical", "Vocabulary")
    term = apps.get_model("canonical", "Term")
    for shipped in SHIPPED:
        row = vocabulary.objects.create(
            name=shipped.name, title=shipped.title, extensible=shipped.extensible
        )
        term.objects.bulk_create(
            term(vocabulary=row, code=code, label=code.replace("_", " "), position=n)
            for n, code in enumerate(shipped.terms)
        )
    policy = apps.get_model("canonical", "Policy")
    for entity, rules in DEFAULT_POLICIES.items():
        policy.objects.create(
            entity=entity, version=1, rules=rules, active=True, created_by="shipped"
        )


def withdraw(apps, schema_editor):
    for name in ("Policy", "Crosswalk", "Term", "Vocabulary"):
        apps.get_model("canonical", name).objects.all().delete()
    apps.get_model("canonical", "System").objects.filter(code="console").delete()


class Migration(migrations.Migration):
    dependencies = [("canonical", "0002_guards")]

    operations = [migrations.RunPython(ship, withdraw)]
