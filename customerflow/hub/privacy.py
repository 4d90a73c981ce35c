"""The pages about a customer's personal data: what is held as a file, and the page that erases it."""

import logging

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from django.views.generic.detail import SingleObjectMixin

from customerflow.acts import ActScreen
from customerflow.changes.models import ChangeSet
from customerflow.hub.erasing import erase_customer, obstacles
from customerflow.hub.personal_export import export_of
from customerflow.screens import Screen
from customers.models import Customer

log = logging.getLogger(__name__)

# Everything is in the file, and so it takes the right to see everything.
RIGHTS_TO_EXPORT = (
    "customers.erase_customer",
    "customers.view_customer",
    "billing.view_invoice",
    "billing.view_payment",
    "tickets.view_ticket",
    "changes.view_changeset",
)


class CustomerExport(Screen, SingleObjectMixin, View):
    """All that is held on a customer, as a JSON file."""

    model = Customer

    def get_permission_required(self) -> tuple[str, ...]:
        return RIGHTS_TO_EXPORT

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> StreamingHttpResponse:
        customer = self.get_object()
        log.info("The data of customer #%d were exported by user #%d.", customer.pk, request.user.pk)
        response = StreamingHttpResponse(export_of(customer), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="customer-{customer.pk}.json"'
        return response


class EraseForm(forms.Form):
    """That it is meant: the account number, typed."""

    number = forms.CharField(
        label=_("Account number"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Type the number of the account, to confirm."),
    )


class CustomerErase(ActScreen):
    """Erasing the personal data of a customer who has left, once nothing stands in the way."""

    model = Customer
    permission_required = "customers.erase_customer"
    form_class = EraseForm
    heading = _("Erase personal data")
    explanation = _(
        "Name, e-mail, phone, note, contacts, addresses, logins and what was said on tickets are erased, in the "
        "history too. The account number, services, payments and invoices stay, and an invoice keeps the name and "
        "address that it was issued with. This cannot be undone."
    )
    button = _("Erase for ever")
    done = _("The personal data were erased: {}.")

    def get_template_names(self) -> list[str]:
        return ["hub/customer_erase.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(in_the_way=obstacles(self.object, timezone.localdate()), **context)

    def act(self, *, number: str) -> Customer:
        if number != self.object.number:
            raise ValidationError({"number": _("This is not the number of the account.")})
        return erase_customer(customer=self.object, by=self.request.user, on=timezone.localdate())

    def say(self, text: str, record: models.Model | str, change_set: ChangeSet | None = None) -> None:
        """Tell the person what was done; there is no way back."""
        super().say(text, record)
