"""By which way a customer is reminded: e-mail, letter, or both; read for many customers at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.snapshots import snapshots_of
from customerflow.keys import among
from customers.models import Contact, Customer

Channel = Customer.Channel
NO_WAY = _("There is neither an e-mail address nor a postal address.")


@dataclass(frozen=True)
class Way:
    """The address of the e-mail, where one goes; whether a letter goes, to whom; and why not as the customer wants."""

    email: str
    is_letter: bool
    customer_name: str
    customer_address: str
    note: str | Promise = ""

    @property
    def is_none(self) -> bool:
        """Whether nothing can reach the customer."""
        return not (self.email or self.is_letter)


def ways_of(customers: Sequence[Customer]) -> dict[int, Way]:
    """Return by which way each of `customers` is reminded, by key; two queries."""
    contacts = Contact.objects.filter(customer__in=among(each.pk for each in customers), role=Contact.Role.BILLING)
    # The first contact stays: see `billing.documents.emails.address_of`.
    found = contacts.exclude(email="").order_by("-pk").values_list("customer", "email")
    for_billing, snapshots = dict(found), snapshots_of(customers)
    return {
        customer.pk: way(customer.channel, for_billing.get(customer.pk, customer.email), **snapshots[customer.pk])
        for customer in customers
    }


def way(channel: str, email: str, customer_name: str, customer_address: str) -> Way:
    """Return the way for a customer who wants `channel`: the other one, where that is not possible."""
    to = (customer_name, customer_address)
    can_email, can_print = bool(email) and settings.EMAIL_IS_ON, bool(customer_address)
    wants_email, wants_letter = channel != Channel.LETTER, channel in (Channel.LETTER, Channel.BOTH)
    by_email, by_letter = wants_email and can_email, wants_letter and can_print
    if by_email or by_letter:
        return Way(email if by_email else "", by_letter, *to)
    if can_print:
        return Way("", True, *to, _("Sending e-mail is not set up.") if email else _("There is no e-mail address."))
    return Way(email if can_email else "", False, *to, _("There is no postal address.") if can_email else "")
