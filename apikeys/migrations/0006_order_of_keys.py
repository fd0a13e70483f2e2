from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("apikeys", "0005_fill_last_use_of_keys"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["created_at", "id"],
                name="apikeys_apikey_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["name", "id"],
                name="apikeys_apikey_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("networks", [])),
                fields=["created_at", "id"],
                name="apikeys_apikey_open",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("endpoints", [])),
                fields=["created_at", "id"],
                name="apikeys_apikey_unlimited",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("is_active", False)),
                fields=["created_at", "id"],
                name="apikeys_apikey_inactive",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("read_only", True)),
                fields=["created_at", "id"],
                name="apikeys_apikey_read_only",
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("accepts_parameters", True), ("deleted_at", None)),
                fields=["created_at", "id"],
                name="apikeys_apikey_parameters",
            ),
        ),
    ]
