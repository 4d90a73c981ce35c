"""Events of tickets, and those of the tickets that are there already."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

# What is known of tickets that are there already. A first public message of the moment of opening is the request itself.
# A state that is not finished began with what was said last.
TELL = """
    INSERT INTO tickets_ticketevent (ticket_id, kind, at, by_id, before, after)
    SELECT ticket_id, kind, at, by_id, before, after FROM (
        SELECT t.id AS ticket_id, 'opened' AS kind, t.opened_at AS at, NULL AS by_id, '' AS before, '' AS after,
            0 AS rank, 0 AS nth
        FROM tickets_ticket AS t
        UNION ALL
        SELECT m.ticket_id,
            CASE WHEN m.kind = 'internal' THEN 'noted' WHEN m.author_id IS NULL THEN 'asked' ELSE 'answered' END,
            m.created_at, m.author_id, '', '', 1, m.id
        FROM tickets_message AS m JOIN tickets_ticket AS t ON t.id = m.ticket_id
        WHERE m.kind = 'internal' OR m.created_at <> t.opened_at
        UNION ALL
        SELECT t.id, 'status',
            COALESCE(
                t.finished_at, (SELECT MAX(m.created_at) FROM tickets_message AS m WHERE m.ticket_id = t.id), t.opened_at
            ),
            NULL, 'new', t.status, 2, 0
        FROM tickets_ticket AS t WHERE t.status <> 'new'
    ) AS told
    ORDER BY ticket_id, at, rank, nth
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TicketEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opened", "Opened"),
                            ("asked", "Customer wrote"),
                            ("answered", "Answered"),
                            ("noted", "Noted"),
                            ("status", "Status"),
                            ("assignee", "Assignee"),
                            ("group", "Group"),
                            ("priority", "Priority"),
                            ("type", "Type"),
                            ("service", "Service"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("before", models.CharField(blank=True, max_length=200, verbose_name="before")),
                ("after", models.CharField(blank=True, max_length=200, verbose_name="after")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="tickets.ticket",
                        verbose_name="ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket event",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "opened",
                                    "asked",
                                    "answered",
                                    "noted",
                                    "status",
                                    "assignee",
                                    "group",
                                    "priority",
                                    "type",
                                    "service",
                                ],
                            )
                        ),
                        name="tickets_ticketevent_kind_known",
                        violation_error_message="Kind must be one of: opened, asked, answered, noted, status, assignee, group, priority, type, service.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("before"), 200
                        ),
                        name="tickets_ticketevent_before_length",
                        violation_error_message="Before must have 0 to 200 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("after"), 200
                        ),
                        name="tickets_ticketevent_after_length",
                        violation_error_message="After must have 0 to 200 characters.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(TELL, migrations.RunSQL.noop),
    ]
