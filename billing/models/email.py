"""E-mails to customers: what is to be sent, and what became of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.credit_note import CreditNote
from billing.models.document import Document
from billing.models.invoice import Invoice
from customerflow.constraints import text_fits
from customerflow.mail.outgoing import OutgoingEmail
from customers.models import Customer

LONGEST_KEY = 80
# What an e-mail is about says whose it is: an invoice, a credit note, or a customer.
ABOUT_ONE = (
    Q(invoice__isnull=False, credit_note=None, customer=None)
    | Q(invoice=None, credit_note__isnull=False, customer=None)
    | Q(invoice=None, credit_note=None, customer__isnull=False)
)


class Email(OutgoingEmail):
    """
    One e-mail to one address: with one document, or about a customer, with the PDFs of as many invoices as one likes.

    `key` is what it was asked for by: the same request makes one e-mail.
    """

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
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    language = models.CharField(_("language"), max_length=10)
    key = models.CharField(max_length=LONGEST_KEY, unique=True)

    personal_fields = ("to", "body", "problem")
    outcome_fields = (*OutgoingEmail.outcome_fields, "document")

    class Meta(OutgoingEmail.Meta):
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
            *OutgoingEmail.Meta.constraints,
            text_fits("subject", 200, shortest=1),
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
