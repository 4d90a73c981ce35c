"""Saved views of lists."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("list", models.CharField(max_length=100, verbose_name="list")),
                ("query", models.CharField(blank=True, max_length=1000, verbose_name="filter")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "is_shared",
                    models.BooleanField(
                        default=False, help_text="All colleagues see it above the list.", verbose_name="shared"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["name", "pk"],
                "indexes": [models.Index(fields=["list", "name"], name="savedview_by_list")],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "list", "name"), name="saved_views_savedview_name"),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("list"), 100
                            ),
                            django.db.models.lookups.GreaterThanOrEqual(
                                django.db.models.functions.text.Length("list"), 1
                            ),
                        ),
                        name="saved_views_savedview_list_length",
                        violation_error_message="List must have 1 to 100 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("query"), 1000
                        ),
                        name="saved_views_savedview_query_length",
                        violation_error_message="Query must have 0 to 1000 characters.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("name"), 100
                            ),
                            django.db.models.lookups.GreaterThanOrEqual(
                                django.db.models.functions.text.Length("name"), 1
                            ),
                        ),
                        name="saved_views_savedview_name_length",
                        violation_error_message="Name must have 1 to 100 characters.",
                    ),
                ],
            },
        ),
    ]
