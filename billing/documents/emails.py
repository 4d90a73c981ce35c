"""Asking for an invoice or a credit note to be sent by e-mail. Sending it is `billing.documents.sending`."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.documents.content import day_text
from billing.documents.files import why_not
from billing.documents.sending import deliver_later
from billing.models import CreditNote, Email, Invoice
from customerflow.changes.recording import recorded
from customerflow.money import format_money
from customers.models import Contact, Customer


@recorded(gettext_lazy("E-mail asked for"))
def send_document(
    *, record: Invoice | CreditNote, to: str, key: str, at: datetime, by: AbstractUser | None = None
) -> Email:
    """
    Let `record` be sent to the address `to` from the moment `at` on, and return the e-mail, which waits for a worker.

    The PDF is made when it is sent. A second call with the same `key` returns the first e-mail and sends nothing.
    Raises `ValidationError`, keyed by field, where there is nothing to send it with, or nothing to be sent, and where
    the key came before with something else.
    """
    if reason := why_not_sent(record):
        raise ValidationError({"record": reason})
    if not to:
        raise ValidationError({"to": _("The customer has no e-mail address.")})
    try:
        validate_email(to)
    except ValidationError as error:
        raise ValidationError({"to": error.messages}) from error
    subject, body = text_of(record)
    about = {"invoice": record} if isinstance(record, Invoice) else {"credit_note": record}
    values = {"to": to, "subject": subject, "body": body, "language": settings.LANGUAGE_CODE, "try_at": at, "by": by}
    email, is_new = Email.objects.get_or_create(key=key, defaults={**about, **values})
    if is_new:
        deliver_later.enqueue(email.pk)
    elif (email.of, email.to) != (record, to):
        message = _("This form was sent once already, with another document or address. Open it anew.")
        raise ValidationError({"to": message})
    return email


def why_not_sent(record: Invoice | CreditNote) -> str:
    """Return in words why `record` cannot be sent; nothing where it can."""
    if not settings.EMAIL_IS_ON:
        return _("Sending e-mail is not set up: an administrator sets EMAIL_URL and OPERATOR_EMAIL.")
    if record.voided_on:
        return _("It is void.")
    return why_not(record)


def address_of(customer: Customer) -> str:
    """Return where the customer's invoices are sent: to the contact for billing, else to the customer."""
    contacts = customer.contacts.filter(role=Contact.Role.BILLING).exclude(email="").order_by("pk")
    return contacts.values_list("email", flat=True).first() or customer.email


def text_of(record: Invoice | CreditNote) -> tuple[str, str]:
    """Return the subject and the text of an e-mail with `record`, in the language of the installation."""
    with translation.override(settings.LANGUAGE_CODE):
        amount = f"{format_money(record.total)} {settings.CURRENCY}"
        values = {"number": record.number, "operator": settings.OPERATOR_NAME, "amount": amount}
        if isinstance(record, Invoice):
            subject = _("Invoice %(number)s from %(operator)s") % values
            said = _("Attached is your invoice %(number)s for %(amount)s, due on %(day)s.")
            values["day"] = day_text(record.due_on)
        else:
            subject = _("Credit note %(number)s from %(operator)s") % values
            said = _("Attached is your credit note %(number)s for %(amount)s.")
        opening = _("Dear %(name)s,") % {"name": record.customer_name or record.customer.name}
        # A name in a header may not have ends of lines.
        return " ".join(subject.split())[:200], "\n\n".join([opening, said % values, _("Kind regards"), _signature()])


def emails_of(customer: Customer) -> models.QuerySet:
    """Return the e-mails about `customer`, and with documents of theirs."""
    of_documents = models.Q(invoice__customer=customer) | models.Q(credit_note__customer=customer)
    return Email.objects.filter(of_documents | models.Q(customer=customer))


def forget_addresses(customer: Customer) -> int:
    """Erase from the e-mails of `customer` to whom they went and what was said; return how many had any of it."""
    return emails_of(customer).forget()


def _signature() -> str:
    return "\n".join(filter(None, [settings.OPERATOR_NAME, settings.OPERATOR_PHONE, settings.OPERATOR_EMAIL]))
