"""What is done to a line of the bank by hand: whose it is, its parts, put aside, taken back."""

from collections.abc import Callable

from django import forms
from django.db import models
from django.forms import formset_factory
from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from bank.applying import Part, apply_line, apply_return_of, ignore_line, park_line, take_back
from bank.came_back import may_have_come_back
from bank.forms import AssignForm, PartForm, ReasonForm, ReturnForm
from bank.models import StatementLine
from billing.models import Invoice
from customerflow.acts import ActScreen
from customerflow.changes.models import ChangeSet
from customerflow.lookup import find
from customers.models import Customer

State = StatementLine.State
ROWS, MOST_ROWS = 4, 40


def next_open(line: StatementLine) -> StatementLine | None:
    """Return the open line behind `line`, else the first; None where no other one is open."""
    others = StatementLine.objects.open().exclude(pk=line.pk).order_by("pk")
    return others.filter(pk__gt=line.pk).first() or others.first()


class LineAct(ActScreen):
    """An act on one line; behind it comes the next open one."""

    model = StatementLine

    def get_queryset(self) -> models.QuerySet:
        return StatementLine.objects.select_related("customer")

    def get_form(self, form_class: type[forms.Form] | None = None) -> forms.Form:
        """Begin in the first field: the queue is worked through by keys."""
        form = super().get_form(form_class)
        for field in list(form.fields.values())[:1]:
            field.widget.attrs["autofocus"] = True
        return form

    def say(self, text: str, record: models.Model | str, change_set: ChangeSet | None = None) -> None:
        """Tell of the line that was dealt with, not of the one that comes next."""
        super().say(text, self.object, change_set)


class LineAssign(LineAct):
    """Saying whose a line is."""

    form_class = AssignForm
    heading = _("Choose the customer")
    button = _("Apply")
    done = _("Applied: {}.")

    def get_initial(self) -> dict[str, object]:
        asked = self.request.GET.get("customer")
        return {"customer": asked or self.object.customer}

    def get_form(self, form_class: type[forms.Form] | None = None) -> AssignForm:
        form = super().get_form(form_class)
        value = form["customer"].value()
        customer = value if isinstance(value, Customer) else find(Customer.objects.all(), str(value or ""))
        if customer:
            form.offer(customer, ticked=self.object.offer.get("invoices", []))
        return form

    def act(self, *, customer: Customer, invoices: list[Invoice] | None = None) -> StatementLine | None:
        part = Part(customer, self.object.amount, tuple(invoices or ()) or None)
        apply_line(line=self.object, parts=[part], on=timezone.localdate(), by=self.request.user)
        return next_open(self.object)


class LineReturn(LineAct):
    """Saying which payment came back."""

    form_class = ReturnForm
    heading = _("A payment came back")
    explanation = _(
        "It is reversed with the bank's reason, and its invoices are open again. A payment that was recorded by hand "
        "is reversed on its own page: ignore the line then."
    )
    button = _("Take the payment back")
    done = _("Returned: {}.")

    def get_form(self, form_class: type[forms.Form] | None = None) -> ReturnForm:
        form = super().get_form(form_class)
        customer = find(Customer.objects.all(), str(form["customer"].value() or ""))
        form.offer(may_have_come_back(self.object, customer))
        return form

    def get_initial(self) -> dict[str, object]:
        return {"customer": self.request.GET.get("customer")}

    def act(self, *, payment: dict[str, int], customer: Customer | None) -> StatementLine | None:
        apply_return_of(line=self.object, offer=payment, on=timezone.localdate(), by=self.request.user)
        return next_open(self.object)


class LineSplit(LineAct):
    """Dividing a line among several customers or invoices."""

    form_class = forms.Form
    heading = _("Split this line")
    button = _("Apply")
    done = _("Applied: {}.")

    def get_template_names(self) -> list[str]:
        return ["bank/line_split.html"]

    @cached_property
    def rows(self) -> forms.BaseFormSet:
        """The rows of the form."""
        asked = self.request.GET.get("rows", "")
        count = min(int(asked), MOST_ROWS) if asked.isascii() and asked.isdigit() and len(asked) < 4 else ROWS
        made = formset_factory(PartForm, extra=count, max_num=MOST_ROWS, absolute_max=MOST_ROWS)
        return made(self.request.POST or None, prefix="parts", initial=[])

    def get_context_data(self, **context: object) -> dict[str, object]:
        more = self.rows.total_form_count() + ROWS
        return super().get_context_data(rows=self.rows, more=min(more, MOST_ROWS), **context)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        return super().form_valid(form) if self.rows.is_valid() else self.form_invalid(form)

    def act(self) -> StatementLine | None:
        parts = [row.part() for row in self.rows if row.has_changed()]
        apply_line(line=self.object, parts=parts, on=timezone.localdate(), by=self.request.user)
        return next_open(self.object)


class LineReasonAct(LineAct):
    """What is done to a line for a reason: `deal` does it, and the page goes on to the next line where `goes_on`."""

    form_class = ReasonForm
    deal: Callable[..., StatementLine]
    goes_on = True

    def act(self, *, reason: str) -> StatementLine | None:
        type(self).deal(line=self.object, reason=reason, on=timezone.localdate(), by=self.request.user)
        return next_open(self.object) if self.goes_on else None


class LinePark(LineReasonAct):
    """Setting a line aside, to be taken up later."""

    deal = staticmethod(park_line)
    heading = _("Park this line")
    explanation = _("It leaves the queue until somebody takes it up again.")
    button = _("Park")
    done = _("Parked: {}.")


class LineIgnore(LineReasonAct):
    """Saying that a line is no customer's."""

    deal = staticmethod(ignore_line)
    heading = _("Ignore this line")
    explanation = _("It is no payment of a customer: interest, a tax refund, your own transfer.")
    button = _("Ignore")
    done = _("Ignored: {}.")


class LineTakeBack(LineReasonAct):
    """Undoing what became of a line."""

    deal = staticmethod(take_back)
    goes_on = False
    heading = _("Take this line back")
    explanation = _("Its payments are reversed, and it waits in the queue again.")
    button = _("Take back")
    done = _("Taken back: {}.")
