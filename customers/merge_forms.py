"""What is chosen on the way to a merge: the other customer, and which value of each pair stays."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customerflow.conflicts import in_words
from customerflow.lookup import LookupField
from customers.merging import CHOSEN
from customers.models import Customer

SURVIVOR, OTHER, BOTH = "survivor", "other", "both"


class OtherCustomerForm(forms.Form):
    """Who is the same customer as this one."""

    other = LookupField(Customer, label=_("The other customer"))

    def __init__(self, survivor: Customer, *args, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.survivor = survivor

    def clean_other(self) -> Customer:
        other = self.cleaned_data["other"]
        if other == self.survivor:
            raise ValidationError(_("This number already leads to this customer. Choose another one."))
        return other


@dataclass(frozen=True)
class Row:
    """A field of both customers: what it is called, and what each has; `choices` are the boxes where they differ."""

    label: str
    survivor: str
    other: str
    choices: forms.BoundField | None = None

    @property
    def boxes(self) -> dict[str, forms.boundfield.BoundWidget]:
        """Return the box of each value."""
        return {box.data["value"]: box for box in self.choices or ()}


class MergeForm(forms.Form):
    """Two customers side by side: one of each two values that differ."""

    def __init__(self, survivor: Customer, other: Customer, *args, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.pair = {SURVIVOR: survivor, OTHER: other}
        for name in CHOSEN:
            if self._differs(name):
                self.fields[name] = self._choice(name)

    def _differs(self, name: str) -> bool:
        survivor, other = self.pair.values()
        # Whether the account is closed is not chosen.
        is_fixed = name == "status" and (survivor.is_closed or other.is_closed)
        return not is_fixed and getattr(survivor, name) != getattr(other, name)

    def _choice(self, name: str) -> forms.ChoiceField:
        choices = [(side, in_words(customer, name) or _("nothing")) for side, customer in self.pair.items()]
        if name == "note" and self._both_notes():
            choices.append((BOTH, _("Both, one below the other")))
        return forms.ChoiceField(
            label=capfirst(Customer._meta.get_field(name).verbose_name),
            choices=choices,
            widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
            initial=self._proposal(name),
        )

    def _proposal(self, name: str) -> str:
        """Return the survivor's side, unless the other has what the survivor lacks."""
        survivor, other = (getattr(customer, name) for customer in self.pair.values())
        if name == "status":
            return SURVIVOR if survivor == Customer.Status.ACTIVE else OTHER
        if name == "note" and self._both_notes():
            return BOTH
        return OTHER if survivor == "" and other else SURVIVOR

    def _both_notes(self) -> str:
        """Return the notes of both as one; nothing where one has none, or they are too long together."""
        notes = [customer.note for customer in self.pair.values()]
        both = "\n\n".join(notes)
        return both if all(notes) and len(both) <= Customer._meta.get_field("note").max_length else ""

    def rows(self) -> Iterator[Row]:
        """Yield the fields in their order; those in which the two agree have nothing to choose."""
        for name in CHOSEN:
            label = capfirst(Customer._meta.get_field(name).verbose_name)
            values = [in_words(customer, name) for customer in self.pair.values()]
            yield Row(label, *values, self[name] if name in self.fields else None)

    def chosen_values(self) -> dict[str, object]:
        """Return the values that stay, of the fields in which the two differ."""
        values = {}
        for name in set(CHOSEN) & set(self.fields):
            side = self.cleaned_data[name]
            values[name] = self._both_notes() if side == BOTH else getattr(self.pair[side], name)
        return values
