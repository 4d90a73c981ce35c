"""Files of messages."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

import customerflow.storage


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0002_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("content_type", models.CharField(blank=True, max_length=100, verbose_name="content type")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                (
                    "file",
                    models.FileField(
                        blank=True, storage=customerflow.storage.documents, upload_to="", verbose_name="file"
                    ),
                ),
                ("refused", models.CharField(blank=True, max_length=300, verbose_name="not kept because")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="tickets.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
                "ordering": ["pk"],
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("name"), 150
                            ),
                            django.db.models.lookups.GreaterThanOrEqual(
                                django.db.models.functions.text.Length("name"), 1
                            ),
                        ),
                        name="tickets_attachment_name_length",
                        violation_error_message="Name must have 1 to 150 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("content_type"), 100
                        ),
                        name="tickets_attachment_content_type_length",
                        violation_error_message="Content type must have 0 to 100 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("refused"), 300
                        ),
                        name="tickets_attachment_refused_length",
                        violation_error_message="Refused must have 0 to 300 characters.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("file", ""), ("refused", ""), _connector="OR"),
                        name="tickets_attachment_kept_or_refused",
                    ),
                ],
            },
        ),
    ]
