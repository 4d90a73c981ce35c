"""What staff type about promises, contacts and who looks after whom."""

from datetime import timedelta
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.forms import MOST_OFFERED, OpenInvoicesField
from customerflow.forms import CarriedField, DayInput, NormalisedTextMixin
from customerflow.money import QUANTUM, MoneyFormField
from customers.models import Customer
from dunning.models import Way

# So many days ahead a promise is proposed to be for.
PROPOSED_DAYS = 7


class CollectingForm(NormalisedTextMixin, forms.Form):
    """A form of collections: it is sent once, and leads back to where it was opened."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    back = CarriedField()

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if "key" in self.errors:
            raise ValidationError(_("This form is damaged. Open it anew."))
        return cleaned


class ContactForm(CollectingForm):
    """That a customer was called, written to or visited, and what comes next."""

    way = forms.ChoiceField(label=_("Contact"), choices=Way.choices, initial=Way.CALL)
    is_reached = forms.TypedChoiceField(
        label=_("Reached"),
        choices=[("yes", _("Reached")), ("no", _("Not reached"))],
        coerce=lambda answer: answer == "yes",
        initial="yes",
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    next_on = forms.DateField(
        label=_("Next action on"), required=False, widget=DayInput, help_text=_("Empty: nothing is planned.")
    )
    next_way = forms.ChoiceField(
        label=_("Next action"), choices=[("", _("The same again")), *Way.choices], required=False
    )


class PromiseForm(CollectingForm):
    """What a customer promised: the day is enough."""

    due_on = forms.DateField(label=_("To be paid by"), widget=DayInput)
    amount = MoneyFormField(
        label=_("Amount"), required=False, min_value=QUANTUM, help_text=_("Empty: all that is open on the invoices.")
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args, customer: Customer, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        still_open = list(customer.invoices.open().order_by("due_on", "issued_on", "pk")[:MOST_OFFERED])
        self.fields["invoices"] = invoices = OpenInvoicesField(still_open)
        invoices.label = _("It is about")
        invoices.help_text = _("Reminders go on for every other invoice.")
        self.initial["invoices"] = [invoice.pk for invoice in still_open if invoice.due_on <= today]
        days = min(PROPOSED_DAYS, settings.PROMISE_DAYS)
        self.initial["due_on"] = today + timedelta(days=days)
        self.fields["due_on"].widget.attrs |= {
            "autofocus": True,
            "min": today.isoformat(),
            "max": (today + timedelta(days=settings.PROMISE_DAYS)).isoformat(),
        }


class AssignForm(forms.Form):
    """Who looks after customers from now on; empty is nobody."""

    owner = forms.ModelChoiceField(
        get_user_model().objects.none(), label=_("Owner"), required=False, empty_label=_("Nobody")
    )

    def __init__(self, *args, user: AbstractUser, **kwargs) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["owner"].queryset = get_user_model().objects.filter(is_active=True).order_by("username")
        self.initial.setdefault("owner", user.pk)
