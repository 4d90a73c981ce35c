"""A load is an act with one or more files, each with what was found in it; so far it was one file."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import customerflow.loads.models


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0001_initial"),
        ("jobs", "0001_jobs_and_workers"),
        ("loads", "0002_load_names_its_change_set"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameField(
            model_name="load",
            old_name="file_name",
            new_name="name",
        ),
        migrations.AddField(
            model_name="load",
            name="confirmed",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="load",
            name="job",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="loads",
                to="jobs.job",
                verbose_name="job",
            ),
        ),
        migrations.AddField(
            model_name="load",
            name="made_at",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now, verbose_name="made at"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="load",
            name="on_existing",
            field=models.CharField(
                choices=[("update", "Update it"), ("skip", "Leave it as it is"), ("refuse", "Refuse the row")],
                default="update",
                max_length=10,
                verbose_name="existing records",
            ),
        ),
        migrations.AddField(
            model_name="load",
            name="origin",
            field=models.CharField(blank=True, max_length=50, verbose_name="from the system"),
        ),
        migrations.AddField(
            model_name="load",
            name="profile",
            field=models.CharField(blank=True, max_length=100, verbose_name="profile"),
        ),
        migrations.AddField(
            model_name="load",
            name="skip_refused",
            field=models.BooleanField(default=False, verbose_name="load the rest"),
        ),
        migrations.AlterField(
            model_name="load",
            name="loaded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="loaded at"),
        ),
        migrations.CreateModel(
            name="Profile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("content", models.JSONField(default=dict)),
                ("fingerprint", models.CharField(blank=True, db_index=True, max_length=64)),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="made at")),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255, verbose_name="file")),
                (
                    "file",
                    models.FileField(
                        blank=True, max_length=300, storage=customerflow.loads.models.uploads, upload_to="%Y/%m/%d"
                    ),
                ),
                ("size", models.PositiveBigIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
                ("shape", models.JSONField(blank=True, default=dict)),
                (
                    "load",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="loads.load",
                        verbose_name="load",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="LoadedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=1)),
                ("kind", models.CharField(max_length=50, verbose_name="kind")),
                ("name", models.CharField(max_length=255, verbose_name="file")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
                ("mapping", models.JSONField(blank=True, default=dict)),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("created", models.PositiveIntegerField(default=0, verbose_name="created")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("unchanged", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
                ("skipped", models.PositiveIntegerField(default=0, verbose_name="skipped")),
                ("refused", models.PositiveIntegerField(default=0, verbose_name="refused")),
                ("warnings", models.JSONField(blank=True, default=list, verbose_name="warnings")),
                ("problem", models.TextField(blank=True, verbose_name="problem")),
                ("totals", models.JSONField(blank=True, default=list, verbose_name="totals")),
                (
                    "load",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="loads.load",
                        verbose_name="load",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="files",
                        to="loads.upload",
                        verbose_name="upload",
                    ),
                ),
            ],
            options={
                "ordering": ["load", "position"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["sha256", "kind"], name="loaded_file_by_content")],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row_number", models.PositiveBigIntegerField(verbose_name="row")),
                ("line", models.PositiveBigIntegerField(verbose_name="line")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("created", "Created"),
                            ("changed", "Changed"),
                            ("unchanged", "Unchanged"),
                            ("refused", "Refused"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("key", models.CharField(blank=True, max_length=200, verbose_name="record")),
                ("column", models.CharField(blank=True, max_length=100, verbose_name="column")),
                ("old", models.TextField(blank=True, verbose_name="before")),
                ("new", models.TextField(blank=True, verbose_name="value")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("target", models.BigIntegerField(blank=True, null=True)),
                ("target_version", models.PositiveIntegerField(blank=True, null=True)),
                ("written", models.TextField(blank=True)),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="loads.loadedfile",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["file", "outcome", "row_number"], name="finding_by_outcome"),
                    models.Index(
                        condition=models.Q(("column", ""), _negated=True),
                        fields=["file", "outcome", "column", "row_number"],
                        name="finding_by_column",
                    ),
                ],
            },
        ),
    ]
