"""What may be owed on tickets, and until when."""

import datetime

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("customers", "0007_plans_that_need_equipment"),
        ("tickets", "0003_attachments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Calendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Such as Europe/Vienna. Empty: that of the product.",
                        max_length=50,
                        verbose_name="time zone",
                    ),
                ),
                (
                    "monday",
                    models.CharField(
                        blank=True,
                        help_text="Such as 08:00-12:00, 13:00-17:00, or 22:00-06:00 for a night.",
                        max_length=100,
                        verbose_name="Monday",
                    ),
                ),
                ("tuesday", models.CharField(blank=True, max_length=100, verbose_name="Tuesday")),
                ("wednesday", models.CharField(blank=True, max_length=100, verbose_name="Wednesday")),
                ("thursday", models.CharField(blank=True, max_length=100, verbose_name="Thursday")),
                ("friday", models.CharField(blank=True, max_length=100, verbose_name="Friday")),
                ("saturday", models.CharField(blank=True, max_length=100, verbose_name="Saturday")),
                ("sunday", models.CharField(blank=True, max_length=100, verbose_name="Sunday")),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="The two letters of a country, such as AT. Empty: work goes on on public holidays.",
                        max_length=2,
                        verbose_name="public holidays of",
                    ),
                ),
                (
                    "subdivision",
                    models.CharField(
                        blank=True,
                        help_text="Whose public holidays count besides, such as 9 or BY.",
                        max_length=20,
                        verbose_name="state or province",
                    ),
                ),
                (
                    "own_days",
                    models.TextField(
                        blank=True,
                        help_text="One in a line: 2026-12-24 Christmas Eve or, for every year, 12-24 Christmas Eve.",
                        max_length=20000,
                        validators=[django.core.validators.MaxLengthValidator(20000)],
                        verbose_name="own days off",
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("name"), 100
                            ),
                            django.db.models.lookups.GreaterThanOrEqual(
                                django.db.models.functions.text.Length("name"), 1
                            ),
                        ),
                        name="tickets_calendar_name_length",
                        violation_error_message="Name must have 1 to 100 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("own_days"), 20000
                        ),
                        name="tickets_calendar_own_days_length",
                        violation_error_message="Own days must have 0 to 20000 characters.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SlaPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        db_index=True,
                        default=0,
                        help_text="The first policy that matches a ticket holds.",
                        verbose_name="order",
                    ),
                ),
                (
                    "is_on",
                    models.BooleanField(
                        default=False,
                        help_text="Its page shows which tickets it is for, before it is.",
                        verbose_name="in force",
                    ),
                ),
                (
                    "priorities",
                    models.CharField(
                        blank=True, help_text="None: every priority.", max_length=100, verbose_name="priorities"
                    ),
                ),
                (
                    "first_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="In minutes of working time. Empty: not measured.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(129600),
                        ],
                        verbose_name="first response",
                    ),
                ),
                (
                    "next_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="After a message of the customer.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(129600),
                        ],
                        verbose_name="next response",
                    ),
                ),
                (
                    "solution_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Until the ticket is resolved or closed.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(129600),
                        ],
                        verbose_name="solution",
                    ),
                ),
                (
                    "warning_minutes",
                    models.PositiveIntegerField(
                        default=30,
                        help_text="So many minutes of working time before the deadline a ticket is due soon.",
                        validators=[django.core.validators.MaxValueValidator(129600)],
                        verbose_name="warning",
                    ),
                ),
            ],
            options={
                "verbose_name": "SLA policy",
                "verbose_name_plural": "SLA policies",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.RemoveIndex(
            model_name="ticket",
            name="ticket_unfinished",
        ),
        migrations.AddField(
            model_name="ticket",
            name="due_at",
            field=models.DateTimeField(
                default=datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC), editable=False, verbose_name="due"
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="due_step",
            field=models.CharField(
                blank=True,
                choices=[("first", "First response"), ("next", "Next response"), ("solution", "Solution")],
                editable=False,
                max_length=10,
                verbose_name="owed",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="is_breached",
            field=models.BooleanField(default=False, editable=False, verbose_name="breached"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="warn_at",
            field=models.DateTimeField(
                default=datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.UTC), editable=False, verbose_name="warning"
            ),
        ),
        migrations.AddField(
            model_name="ticketevent",
            name="outcome",
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name="outcome"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["due_at", "id"], name="ticket_by_due"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=models.Q(("is_finished", False)), fields=["id"], name="ticket_unfinished"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("is_finished", False)), fields=["due_at", "id", "warn_at"], name="ticket_due"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("is_finished", False)),
                fields=["assignee", "due_at", "id"],
                name="ticket_of_assignee",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("is_finished", False)), fields=["group", "due_at", "id"], name="ticket_of_group"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("is_breached", True)), fields=["due_at", "id"], name="ticket_breached"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_step__in", ["", "first", "next", "solution"])),
                name="tickets_ticket_due_step_known",
                violation_error_message="Due step must be one of: , first, next, solution.",
            ),
        ),
        migrations.AddField(
            model_name="slapolicy",
            name="calendar",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="policies",
                to="tickets.calendar",
                verbose_name="calendar",
            ),
        ),
        migrations.AddField(
            model_name="slapolicy",
            name="plans",
            field=models.ManyToManyField(
                blank=True,
                help_text="Of the service that the ticket is about. None: any.",
                to="customers.plan",
                verbose_name="plans",
            ),
        ),
        migrations.AddField(
            model_name="slapolicy",
            name="types",
            field=models.ManyToManyField(
                blank=True, help_text="None: every type.", to="tickets.tickettype", verbose_name="types"
            ),
        ),
        migrations.AddConstraint(
            model_name="slapolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length("name"), 100),
                    django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length("name"), 1),
                ),
                name="tickets_slapolicy_name_length",
                violation_error_message="Name must have 1 to 100 characters.",
            ),
        ),
        migrations.AddConstraint(
            model_name="slapolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_minutes__gte", 1), ("first_minutes__lte", 129600)),
                name="tickets_slapolicy_first_minutes_range",
                violation_error_message="First minutes must be from 1 to 129600.",
            ),
        ),
        migrations.AddConstraint(
            model_name="slapolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("next_minutes__gte", 1), ("next_minutes__lte", 129600)),
                name="tickets_slapolicy_next_minutes_range",
                violation_error_message="Next minutes must be from 1 to 129600.",
            ),
        ),
        migrations.AddConstraint(
            model_name="slapolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("solution_minutes__gte", 1), ("solution_minutes__lte", 129600)),
                name="tickets_slapolicy_solution_minutes_range",
                violation_error_message="Solution minutes must be from 1 to 129600.",
            ),
        ),
        migrations.AddConstraint(
            model_name="slapolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("warning_minutes__gte", 0), ("warning_minutes__lte", 129600)),
                name="tickets_slapolicy_warning_minutes_range",
                violation_error_message="Warning minutes must be from 0 to 129600.",
            ),
        ),
    ]
