"""What staff type about e-mails that came in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customerflow.forms import NormalisedTextMixin
from customerflow.lookup import LookupField
from customers.models import Customer
from tickets.models import Ticket


class SortForm(NormalisedTextMixin, forms.Form):
    """Whose an e-mail is: it opens a ticket of the customer, or joins the ticket."""

    customer = LookupField(Customer, required=False)
    ticket = LookupField(Ticket, required=False)

    def clean(self) -> None:
        if not self.errors and bool(self.cleaned_data.get("customer")) == bool(self.cleaned_data.get("ticket")):
            self.add_error("customer", _("Choose a customer, for whom it opens a ticket, or a ticket that it joins."))
