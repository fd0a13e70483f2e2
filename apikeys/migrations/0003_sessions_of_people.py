import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("apikeys", "0002_tries")]

    operations = [
        migrations.CreateModel(
            name="PersonSession",
            fields=[
                (
                    "key_digest",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("data", models.TextField()),
                ("address", models.GenericIPAddressField(null=True)),
                ("agent", models.CharField(max_length=200)),
                ("started_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions"},
        ),
    ]
