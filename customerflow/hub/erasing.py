"""
Erasing the personal data of a customer who has left.

What is on the books stays whole: the account with its number, its services with what they cost, invoices with the name
and address that they were issued with, and payments. Everything else that says who the customer was goes, and with it
what the history, the administration's log and bulk edits keep of it. It cannot be undone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.balances import balance_of
from billing.documents.emails import forget_addresses
from customerflow.changes.recording import current_origin, recorded
from customerflow.hub.erased_traces import Texts, erase_traces
from customerflow.hub.personal_data import keys_of, neutral, records_of
from customerflow.money import format_money
from customerflow.saved_views.forgetting import forget_views
from customerflow.webhooks.outbox import forget
from customers.models import Contact, Customer, DuplicatePair, Equipment
from dunning.reminders.calls import forget_said
from incidents.models import Credit
from shadow.models import ShadowItem
from suspensions.events import subjects_of
from tickets.attachments import erase_files
from tickets.mail.receiving import forget_mails
from tickets.mail.sending import forget_addresses as forget_replies
from tickets.models import Attachment, Ticket


@dataclass(frozen=True)
class Obstacle:
    """What has to be done before a customer can be erased, and the page where it is."""

    text: str
    address: str

    def __str__(self) -> str:
        return self.text


def obstacles(customer: Customer, on: date) -> list[Obstacle]:
    """Return what stands in the way of erasing `customer` on the day `on`."""
    return list(_obstacles(customer, on))


def _obstacles(customer: Customer, on: date) -> Iterator[Obstacle]:
    def page(name: str, **query: str) -> str:
        return f"{reverse(name)}?{urlencode({'customer': customer.number, **query})}"

    if not customer.is_closed:
        yield Obstacle(_("The account is not closed."), customer.get_absolute_url())
    balance = balance_of(customer, on)
    if owed := balance.due_now + balance.not_yet_due:
        text = _("%(amount)s is still owed.") % {"amount": format_money(owed)}
        yield Obstacle(text, page("billing:invoice_list", standing="open"))
    if balance.credit:
        text = _("Credit of %(amount)s is left.") % {"amount": format_money(balance.credit)}
        yield Obstacle(text, page("billing:payment_list", standing="credit"))
    if customer.invoices.drafts().exists():
        yield Obstacle(_("A draft of an invoice waits."), page("billing:invoice_list", status="draft"))
    if Equipment.objects.filter(location__customer=customer).exists():
        yield Obstacle(_("Equipment is still at the customer's."), page("customers:equipment_list"))
    if Ticket.objects.unfinished().filter(customer=customer).exists():
        yield Obstacle(_("A ticket is not finished."), page("tickets:ticket_list", queue="unfinished"))


@recorded(gettext_lazy("Personal data erased"))
def erase_customer(*, customer: Customer, by: AbstractBaseUser | None = None, on: date) -> Customer:
    """
    Erase on the day `on` the personal data of `customer`, who has left, and return the customer as is then.

    Doing it again erases what came up since, and changes nothing else. The history names `by`. Raises
    `ValidationError` while something stands in the way, and for a reason in which the customer is named.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    if in_the_way := obstacles(customer, on):
        raise ValidationError([str(obstacle) for obstacle in in_the_way])
    # A reply locks its ticket: what is being said is waited for, and erased too.
    list(Ticket.objects.select_for_update().filter(customer=customer).order_by("pk").values_list("pk"))
    keys, texts = keys_of(customer), Texts()
    forget_mails(customer)
    erase_files(records_of(customer)[Attachment])
    for model, records in records_of(customer).items():
        _erase_records(model, records, texts)
    DuplicatePair.objects.filter(models.Q(first=customer) | models.Q(second=customer)).delete()
    ShadowItem.objects.filter(customer=customer).delete()
    forget_addresses(customer)
    forget_replies(customer)
    forget_said(customer)
    Credit.objects.filter(customer=customer).forget()
    forget(subjects_of(customer))
    erase_traces(customer, keys, texts)
    forget_views(texts.are_in)
    if texts.are_in(current_origin().why):
        raise ValidationError(_("The reason names the customer, and would stay. Write another one."), code="why")
    customer.refresh_from_db()
    return customer


def _erase_records(model: type[models.Model], records: models.QuerySet, texts: Texts) -> None:
    """Erase the personal fields of `records`, and note in `texts` what they held. Contacts go altogether."""
    fields = [model._meta.get_field(name) for name in model.personal_fields]
    erased = {field.attname: neutral(field) for field in fields}
    for record in records.select_for_update().iterator():
        held = {name: getattr(record, name) for name in erased}
        if held == erased:
            continue
        texts.add(value for name, value in held.items() if value != erased[name])
        for name, value in erased.items():
            setattr(record, name, value)
        if hasattr(record, "version"):
            record.version += 1
        if model is not Contact:
            record.save()
    if model is Contact:
        records.delete()
