"""What staff type to make an invoice by hand: its days, a note, and its lines."""

from collections.abc import Collection
from uuid import uuid4

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.drafts.drafting import fixed_due_day
from billing.lines import Line
from billing.models import Invoice
from billing.models.invoice_line import MOST_QUANTITY
from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.money import MoneyFormField
from customers.models import Customer, Service, TaxCode

MOST_LINES = 100
# So many empty rows a new form has, and so many come when more are asked for.
EMPTY_ROWS = 3
BY_TERMS = _("Empty: by the customer's terms.")
# What a row says; a row without any of it is empty, whatever its quantity and its tax code.
TELLING = ("description", "unit_price", "service", "first_day", "last_day")


class DraftForm(NormalisedTextMixin, forms.Form):
    """When an invoice is to be issued and due, and what is said on it."""

    issued_on = forms.DateField(label=_("Planned for"), widget=DayInput, initial=timezone.localdate)
    due_on = forms.DateField(label=_("Due on"), required=False, widget=DayInput, help_text=BY_TERMS)
    note = forms.CharField(
        label=_("Note"), max_length=300, required=False, help_text=_("It stands on the invoice, above its lines.")
    )


class NewDraftForm(DraftForm):
    """The same of a new draft; it carries a key, so that sending it twice makes one."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class IssueForm(forms.Form):
    """When the invoice is due that a draft becomes."""

    due_on = forms.DateField(label=_("Due on"), required=False, widget=DayInput, help_text=BY_TERMS)


class ChosenField(forms.ChoiceField):
    """One of some records, or none: they are read once for all rows. `cleaned_data` has the record."""

    def __init__(self, records: Collection[models.Model], *, empty: str, **kwargs: object) -> None:
        self.records = {str(record.pk): record for record in records}
        choices = [("", empty), *((key, str(record)) for key, record in self.records.items())]
        super().__init__(choices=choices, required=False, **kwargs)

    def clean(self, value: object) -> models.Model | None:
        """Return the chosen record."""
        return self.records.get(super().clean(value))


class LineForm(NormalisedTextMixin, forms.Form):
    """A row: a line of the invoice, or nothing yet."""

    description = forms.CharField(label=_("Description"), max_length=300)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=MOST_QUANTITY, initial=1)
    unit_price = MoneyFormField(label=_("Unit price"))
    first_day = forms.DateField(label=_("First day"), required=False, widget=DayInput)
    last_day = forms.DateField(label=_("Last day"), required=False, widget=DayInput)

    def __init__(self, *args, services: Collection[Service], codes: Collection[TaxCode], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["service"] = ChosenField(services, label=_("Service"), empty=_("none"))
        self.fields["tax_code"] = ChosenField(codes, label=_("Tax code"), empty=_("the default one"))

    def has_changed(self) -> bool:
        """Return whether the row says anything."""
        return any(self[name].data for name in TELLING)

    def seldom(self) -> list[forms.BoundField]:
        """Return the fields that are shown folded."""
        return [self[name] for name in ("service", "tax_code", "first_day", "last_day")]

    def is_unfolded(self) -> bool:
        """Return whether a folded field needs to be seen: it says something, or is wrong."""
        return any(field.value() or field.errors for field in self.seldom())


class Lines(forms.BaseFormSet):
    """The rows of a form; empty ones are nothing, wherever they stand."""

    def __init__(self, *args, customer: Customer | None, **kwargs) -> None:
        services = Service.objects.filter(location__customer=customer).order_by("pk") if customer else []
        choices = {"services": list(services), "codes": list(TaxCode.objects.all())}
        super().__init__(*args, prefix="lines", form_kwargs=choices, **kwargs)

    def _construct_form(self, number: int, **kwargs: object) -> LineForm:
        return super()._construct_form(number, **{**kwargs, "empty_permitted": True})

    def said(self) -> list[Line]:
        """Return the lines."""
        return [Line(**form.cleaned_data) for form in self.forms if form.has_changed()]

    def as_typed(self) -> list[dict[str, str]]:
        """Return what was sent of each row, unchecked."""
        return [{name: form[name].data for name in form.fields} for form in self.forms]


LineFormSet = forms.formset_factory(
    LineForm, formset=Lines, max_num=MOST_LINES, absolute_max=MOST_LINES + 1, validate_max=True
)


def rows_for(customer: Customer, initial: list[dict[str, object]], *, empty: int) -> Lines:
    """Return rows with `initial`, and `empty` ones below, as far as there is room."""
    rows = LineFormSet(initial=initial, customer=customer)
    rows.extra = empty
    return rows


def rearranged(rows: Lines, how: str, customer: Customer) -> Lines:
    """Return what was typed in `rows` with more of them ("more"), or without one ("drop-2"), unchecked."""
    typed = rows.as_typed()
    if how == "more":
        return rows_for(customer, typed, empty=EMPTY_ROWS)
    kept = [row for place, row in enumerate(typed) if how != f"drop-{place}"]
    return rows_for(customer, kept, empty=0 if kept else 1)


def initial_of(draft: Invoice) -> dict[str, object]:
    """Return what the form of `draft` shows of its days and its note."""
    return {"issued_on": draft.issued_on, "due_on": fixed_due_day(draft), "note": draft.note}


def initial_lines(draft: Invoice) -> list[dict[str, object]]:
    """Return what the form of `draft`, or of one like that invoice, shows of its lines: those written by hand."""
    same = ("description", "quantity", "unit_price", "first_day", "last_day")
    return [
        {name: getattr(line, name) for name in same} | {"service": line.service_id, "tax_code": line.tax_code_id}
        for line in draft.lines.all()
        if line.is_by_hand
    ]
