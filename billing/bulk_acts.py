"""What is done to many invoices at once: they are sent by e-mail."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.documents.emails import address_of, send_document
from billing.models import Email, Invoice
from customerflow.bulk.acts import BulkAct, register


class EmailInvoices(BulkAct):
    """Sending invoices to their customers; what was sent, or waits to be, is left as it is."""

    heading = _("Send by e-mail")
    explanation = _("To the contact for billing, else to the customer. An invoice that was sent before is left out.")
    permission = "billing.add_email"

    def records(self, values: dict[str, object]) -> models.QuerySet:
        return Invoice.objects.select_related("customer").prefetch_related("emails")

    def state(self, invoice: Invoice) -> str:
        """Return what became of the newest e-mail with the invoice."""
        newest = next(iter(invoice.emails.all()), None)
        return newest.get_state_display() if newest else _t("Never sent")

    def act(self, invoice: Invoice) -> str | None:
        if any(email.state != Email.State.FAILED for email in invoice.emails.all()):
            return None
        to = address_of(invoice.customer)
        if not to:
            raise ValidationError(_("The customer has no e-mail address."))
        key = f"bulk-{self.at:%Y%m%d%H%M%S%f}-{invoice.pk}"
        return send_document(record=invoice, to=to, key=key, at=self.at, by=self.by).get_state_display()


register(Invoice, EmailInvoices)
