from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill_last_use(apps, schema_editor):
    """Give each key the newest use of the secrets that it has."""
    database = schema_editor.connection.alias
    keys = apps.get_model("apikeys", "ApiKey").objects.using(database)
    secrets = apps.get_model("apikeys", "KeySecret").objects.using(database)
    used = secrets.filter(key=OuterRef("pk"), last_used_at__isnull=False)
    newest = used.order_by("-last_used_at", "-pk")
    keys.filter(last_used_at=None).update(
        last_used_at=Subquery(newest.values("last_used_at")[:1]),
        last_used_address=Subquery(newest.values("last_used_address")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [("apikeys", "0004_last_use_of_keys")]

    # Backwards nothing is to be done: the columns go with the migration before.
    operations = [migrations.RunPython(fill_last_use, migrations.RunPython.noop)]
