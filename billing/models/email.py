"""E-mails to customers: what is to be sent, and what became of it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.credit_note import CreditNote
from billing.models.document import Document
from billing.models.invoice import Invoice
from customerflow.constraints import one_of, text_fits
from customers.models import Customer

LONGEST_KEY = 80
# What an e-mail is about says whose it is: an invoice, a credit note, or a customer.
ABOUT_ONE = (
    Q(invoice__isnull=False, credit_note=None, customer=None)
    | Q(invoice=None, credit_note__isnull=False, customer=None)
    | Q(invoice=None, credit_note=None, customer__isnull=False)
)


class EmailQuerySet(models.QuerySet):
    """E-mails, chosen. The moment asked about is passed in."""

    def due(self, at: datetime) -> "EmailQuerySet":
        """Return what waits to be sent and may be tried at the moment `at`, what waits longest first."""
        return self.filter(state=Email.State.WAITING, try_at__lte=at).order_by("try_at", "pk")


class Email(models.Model):
    """
    One e-mail to one address: with one document, or about a customer, with the PDFs of as many invoices as one likes.

    `key` is what it was asked for by: the same request makes one e-mail. Whoever sends it claims it first (`SENDING`),
    so that it is sent once; what was broken off while it was sent may have gone out, so that a person decides.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, blank=True, related_name="emails", verbose_name=_("invoice")
    )
    credit_note = models.ForeignKey(
        CreditNote, models.PROTECT, null=True, blank=True, related_name="emails", verbose_name=_("credit note")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="emails", verbose_name=_("customer")
    )
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("document")
    )
    to = models.EmailField(_("to"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    try_at = models.DateTimeField(_("next try at"))
    tried_at = models.DateTimeField(_("last try at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    key = models.CharField(max_length=LONGEST_KEY, unique=True)

    objects = EmailQuerySet.as_manager()

    # What a server answers may quote the address.
    personal_fields = ("to", "body", "problem")
    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view", "add")
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        indexes = [
            models.Index(
                fields=["state", "try_at", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="email_to_be_sent",
            ),
        ]
        constraints = [
            one_of("state", ["waiting", "sending", "sent", "failed"]),
            text_fits("to", 254),
            text_fits("subject", 200, shortest=1),
            text_fits("problem", 500),
            text_fits("key", LONGEST_KEY, shortest=1),
            models.CheckConstraint(condition=ABOUT_ONE, name="billing_email_about_one"),
            models.CheckConstraint(
                condition=(
                    Q(state="sent", sent_at__isnull=False) & (Q(document__isnull=False) | Q(customer__isnull=False))
                )
                | (~Q(state="sent") & Q(sent_at=None)),
                name="billing_email_sent_iff_it_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return self.of.get_absolute_url()

    @property
    def of(self) -> Invoice | CreditNote | Customer:
        """What it is about."""
        return self.invoice or self.credit_note or self.customer


class EmailInvoice(models.Model):
    """An invoice whose PDF goes with an e-mail about its customer."""

    email = models.ForeignKey(Email, models.CASCADE, related_name="enclosed", verbose_name=_("e-mail"))
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="enclosed_in", verbose_name=_("invoice"))

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("invoice in an e-mail")
        verbose_name_plural = _("invoices in e-mails")
        constraints = [
            models.UniqueConstraint(fields=["email", "invoice"], name="billing_invoice_once_in_an_email"),
        ]

    def __str__(self) -> str:
        return str(self.invoice)

    def get_absolute_url(self) -> str:
        return self.invoice.get_absolute_url()
