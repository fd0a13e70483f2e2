from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("apikeys", "0001_keys_and_people")]

    operations = [
        migrations.CreateModel(
            name="TryCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("subject", models.CharField(max_length=64)),
                ("network", models.CharField(max_length=50)),
                ("starts_at", models.DateTimeField()),
                ("counts_until", models.DateTimeField(db_index=True)),
                ("count", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "subject", "network", "starts_at"),
                        name="apikeys_trycount_one_row_a_slice",
                    )
                ],
            },
        ),
    ]
