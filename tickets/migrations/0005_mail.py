"""E-mails of tickets, out and in."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import customerflow.storage


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0004_sla"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IncomingMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=64, unique=True)),
                ("mail_id", models.CharField(blank=True, db_index=True, max_length=250, verbose_name="Message-ID")),
                ("sender", models.CharField(blank=True, max_length=254, verbose_name="from")),
                ("sender_name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "To be sorted"),
                            ("joined", "Joined its ticket"),
                            ("opened", "Opened a ticket"),
                            ("aside", "Left aside"),
                            ("refused", "Not readable"),
                            ("dismissed", "Dismissed"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                (
                    "file",
                    models.FileField(
                        blank=True, storage=customerflow.storage.documents, upload_to="", verbose_name="file"
                    ),
                ),
                ("received_at", models.DateTimeField(verbose_name="received at")),
                ("sorted_at", models.DateTimeField(blank=True, null=True, verbose_name="sorted at")),
                ("search_text", models.CharField(default="", editable=False, max_length=700)),
                (
                    "message",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mail",
                        to="tickets.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "sorted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sorted by",
                    ),
                ),
            ],
            options={
                "verbose_name": "incoming e-mail",
                "verbose_name_plural": "incoming e-mails",
                "ordering": ["-pk"],
                "default_permissions": ("view", "change"),
                "indexes": [
                    models.Index(fields=["state", "id"], name="incoming_mail_by_state"),
                    models.Index(fields=["sender", "received_at"], name="incoming_mail_by_sender"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "joined", "opened", "aside", "refused", "dismissed"])
                        ),
                        name="tickets_incomingmail_state_known",
                        violation_error_message="State must be one of: waiting, joined, opened, aside, refused, dismissed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length("key"), 64),
                            django.db.models.lookups.GreaterThanOrEqual(
                                django.db.models.functions.text.Length("key"), 64
                            ),
                        ),
                        name="tickets_incomingmail_key_length",
                        violation_error_message="Key must have 64 to 64 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("mail_id"), 250
                        ),
                        name="tickets_incomingmail_mail_id_length",
                        violation_error_message="Mail id must have 0 to 250 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("sender"), 254
                        ),
                        name="tickets_incomingmail_sender_length",
                        violation_error_message="Sender must have 0 to 254 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("sender_name"), 200
                        ),
                        name="tickets_incomingmail_sender_name_length",
                        violation_error_message="Sender name must have 0 to 200 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("subject"), 200
                        ),
                        name="tickets_incomingmail_subject_length",
                        violation_error_message="Subject must have 0 to 200 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("text"), 200000
                        ),
                        name="tickets_incomingmail_text_length",
                        violation_error_message="Text must have 0 to 200000 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("reason"), 300
                        ),
                        name="tickets_incomingmail_reason_length",
                        violation_error_message="Reason must have 0 to 300 characters.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("message__isnull", False), ("state__in", ["joined", "opened"])),
                            models.Q(models.Q(("state__in", ["joined", "opened"]), _negated=True), ("message", None)),
                            _connector="OR",
                        ),
                        name="tickets_mail_has_a_message_iff_it_came_onto_a_ticket",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketEmail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("to", models.EmailField(blank=True, max_length=254, verbose_name="to")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("problem", models.CharField(blank=True, max_length=500, verbose_name="problem")),
                ("try_at", models.DateTimeField(verbose_name="next try at")),
                ("tried_at", models.DateTimeField(blank=True, null=True, verbose_name="last try at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("made_at", models.DateTimeField(auto_now_add=True, verbose_name="made at")),
                ("mail_id", models.CharField(max_length=250, unique=True, verbose_name="Message-ID")),
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
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="email",
                        to="tickets.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "e-mail of a ticket",
                "verbose_name_plural": "e-mails of tickets",
                "ordering": ["-pk"],
                "abstract": False,
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "sending"])),
                        fields=["state", "try_at", "id"],
                        name="ticket_email_to_be_sent",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "sending", "sent", "failed"])),
                        name="tickets_ticketemail_state_known",
                        violation_error_message="State must be one of: waiting, sending, sent, failed.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("to"), 254
                        ),
                        name="tickets_ticketemail_to_length",
                        violation_error_message="To must have 0 to 254 characters.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("problem"), 500
                        ),
                        name="tickets_ticketemail_problem_length",
                        violation_error_message="Problem must have 0 to 500 characters.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("mail_id"), 250
                            ),
                            django.db.models.lookups.GreaterThanOrEqual(
                                django.db.models.functions.text.Length("mail_id"), 1
                            ),
                        ),
                        name="tickets_ticketemail_mail_id_length",
                        violation_error_message="Mail id must have 1 to 250 characters.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(models.Q(("state", "sent"), _negated=True), ("sent_at", None)),
                            _connector="OR",
                        ),
                        name="tickets_email_sent_iff_it_has_a_moment",
                    ),
                ],
            },
        ),
    ]
