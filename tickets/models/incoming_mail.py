"""E-mails that came in, and what became of each."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customerflow.records import page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.storage import documents
from customerflow.text import fold
from tickets.models.email import LONGEST_ID
from tickets.models.message import Message

# Of the whole text, quoted history included.
LONGEST_TEXT = 200_000


def search_text(mail: "IncomingMail") -> str:
    """Return what a search finds an e-mail by."""
    return fold(f"{mail.sender} {mail.sender_name} {mail.subject}")


class IncomingMailQuerySet(SearchQuerySet):
    """E-mails that came in, chosen."""

    def to_be_sorted(self) -> "IncomingMailQuerySet":
        """Return those that wait for a person to say whose they are."""
        return self.filter(state=IncomingMail.State.WAITING)

    def taken_from(self, sender: str, since: datetime) -> "IncomingMailQuerySet":
        """Return those of a sender that came onto tickets from the moment `since` on."""
        taken = (IncomingMail.State.JOINED, IncomingMail.State.OPENED)
        return self.filter(sender=sender, received_at__gte=since, state__in=taken)


class IncomingMail(models.Model):
    """
    One e-mail that came in. `key` is by what it is known when it comes again.

    `text` is all of what was said, where the message on the ticket has only what is new. The mail itself (`file`) is
    kept as long as a person may still choose a ticket for it: while it waits, and when it was left aside.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("To be sorted")
        JOINED = "joined", _("Joined its ticket")
        OPENED = "opened", _("Opened a ticket")
        ASIDE = "aside", _("Left aside")
        REFUSED = "refused", _("Not readable")
        DISMISSED = "dismissed", _("Dismissed")

    # Those for which a person may choose a customer.
    SORTABLE = frozenset({State.WAITING, State.ASIDE})

    key = models.CharField(max_length=64, unique=True, editable=False)
    mail_id = models.CharField(_("Message-ID"), max_length=LONGEST_ID, blank=True, db_index=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    sender_name = models.CharField(_("name"), max_length=200, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    size = models.PositiveIntegerField(_("bytes"))
    state = models.CharField(_("state"), max_length=10, choices=State)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    file = models.FileField(_("file"), storage=documents, max_length=100, blank=True)
    message = models.OneToOneField(
        Message, models.PROTECT, null=True, blank=True, related_name="mail", verbose_name=_("message")
    )
    received_at = models.DateTimeField(_("received at"))
    sorted_at = models.DateTimeField(_("sorted at"), null=True, blank=True)
    sorted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sorted by")
    )

    search_text = SearchField(derive=search_text)

    objects = IncomingMailQuerySet.as_manager()

    personal_fields = ("sender", "sender_name", "subject", "text", "file", "reason")
    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view", "change")
        verbose_name = _("incoming e-mail")
        verbose_name_plural = _("incoming e-mails")
        indexes = [
            models.Index(fields=["state", "id"], name="incoming_mail_by_state"),
            models.Index(fields=["sender", "received_at"], name="incoming_mail_by_sender"),
        ]
        constraints = [
            one_of("state", ["waiting", "joined", "opened", "aside", "refused", "dismissed"]),
            text_fits("key", 64, shortest=64),
            text_fits("mail_id", LONGEST_ID),
            text_fits("sender", 254),
            text_fits("sender_name", 200),
            text_fits("subject", 200),
            text_fits("text", LONGEST_TEXT),
            text_fits("reason", 300),
            models.CheckConstraint(
                condition=Q(state__in=["joined", "opened"], message__isnull=False)
                | (~Q(state__in=["joined", "opened"]) & Q(message=None)),
                name="tickets_mail_has_a_message_iff_it_came_onto_a_ticket",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or str(_("(no subject)"))

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:incomingmail_detail", self.pk)

    @property
    def may_be_sorted(self) -> bool:
        """Whether a person may choose a customer for it, or dismiss it."""
        return self.state in self.SORTABLE
