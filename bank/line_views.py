"""The pages of the matching queue: a line, and what is done to it."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import formset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views import generic

from bank.applying import Part, accept_line, apply_line, apply_return_of, ignore_line, park_line, take_back
from bank.came_back import may_have_come_back
from bank.forms import AssignForm, PartForm, ReasonForm, ReturnForm
from bank.models import Statement, StatementLine
from bank.tables import LineTable
from bank.tasks import job_to_accept, job_to_match, sure_lines
from billing.models import Invoice
from billing.offered_acts import Offered
from customerflow.acts import ActScreen
from customerflow.changes.models import ChangeSet
from customerflow.crud import DetailScreen
from customerflow.jobs.models import Job
from customerflow.jobs.running import run_now
from customerflow.lists import ListScreen
from customerflow.lookup import find
from customerflow.refusals import acting
from customerflow.screens import Screen
from customerflow.tables import Column, link
from customers.models import Customer

State, Level = StatementLine.State, StatementLine.Level
ROWS, MOST_ROWS = 4, 40
SHOWN = 100
# So many payments that may have come back stand on the page of a line, each with its button.
PROPOSED = 5


class LineList(ListScreen):
    """The lines; of the open ones, the way to accept all that are sure."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        sure = sure_lines().exists() if self.request.user.has_perm("bank.change_statementline") else False
        return super().get_context_data(has_sure=sure, here=self.request.get_full_path(), **context)


def next_open(line: StatementLine) -> StatementLine | None:
    """Return the open line behind `line`, else the first; None where no other one is open."""
    others = StatementLine.objects.open().exclude(pk=line.pk).order_by("pk")
    return others.filter(pk__gt=line.pk).first() or others.first()


class LineDetail(DetailScreen):
    """A line: what the bank says, whose it may be and why, and what to do."""

    def get_queryset(self) -> models.QuerySet:
        return StatementLine.objects.select_related("statement", "account", "customer", "handled_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        line = self.object
        invoices = Invoice.objects.filter(pk__in=line.offer.get("invoices", []))
        is_open = line.state in (State.OPEN, State.PARKED)
        may = self.request.user.has_perm("bank.change_statementline")
        return super().get_context_data(
            invoices=invoices if is_open else [],
            parts=line.parts.select_related("payment__customer", "returned_by"),
            acts=list(acts_on_line(line)) if may else [],
            may_accept=may and is_open and bool(line.customer_id or line.offer),
            came_back=may_have_come_back(line)[:PROPOSED] if may and is_open and line.is_unknown_return else [],
            following=next_open(line),
            **context,
        )


def acts_on_line(line: StatementLine):
    """Yield what a person may do with a line."""

    def page(name: str) -> str:
        return reverse(f"bank:line_{name}", args=[line.pk])

    if not line.is_incoming and line.state != State.APPLIED:
        yield Offered(_("A payment came back"), "arrow-left", page("return"), key="b")
    if line.state in (State.OPEN, State.PARKED):
        if line.is_incoming:
            yield Offered(_("Choose the customer"), "user", page("assign"), key="w")
            yield Offered(_("Split"), "columns", page("split"), key="s")
        if line.state == State.OPEN:
            yield Offered(_("Park"), "player-pause", page("park"), key="p")
        yield Offered(_("Ignore"), "x", page("ignore"), key="i")
    if line.state != State.OPEN:
        yield Offered(_("Take back"), "arrow-back-up", page("take_back"), is_grave=line.state == State.APPLIED, key="t")


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


class LineAccept(Screen, generic.View):
    """Accepting one line as it was matched: a click in the list, or on its page."""

    action = "update"
    model = StatementLine
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        key = request.POST.get("line", "")
        line = get_object_or_404(StatementLine, pk=key if key.isascii() and key.isdigit() and len(key) < 19 else None)
        try:
            with acting() as recording:
                accept_line(line=line, on=timezone.localdate(), by=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(line)
        self.say(_t("Applied: {}."), line, recording.change_set)
        asked = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith("/"):
            return redirect(asked)
        return redirect(next_open(line) or line)


class LinesMatch(Screen, generic.View):
    """Matching all open lines anew: customers and invoices have come since."""

    action = "update"
    model = StatementLine
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        job = job_to_match()
        run_now(job)
        job.refresh_from_db()
        if job.state != Job.State.FINISHED:
            return redirect(job)
        messages.success(request, _t("%(number)d lines were matched anew.") % {"number": job.done})
        return redirect(f"{reverse('bank:statementline_list')}?state=open")


class SureLines(Screen, generic.TemplateView):
    """What is accepted when all sure lines are, shown before it is done."""

    action = "update"
    model = StatementLine
    template_name = "bank/sure_lines.html"

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    @property
    def statement(self) -> Statement | None:
        """The statement whose lines alone are meant."""
        asked = self.request.GET.get("statement") or self.request.POST.get("statement") or ""
        return (
            Statement.objects.filter(pk=asked).first()
            if asked.isascii() and asked.isdigit() and len(asked) < 19
            else None
        )

    def get_context_data(self, **context: object) -> dict[str, object]:
        lines = sure_lines(self.statement.pk if self.statement else None)
        totals = lines.order_by().aggregate(count=models.Count("pk"), sum=models.Sum("amount"), last=models.Max("pk"))
        shown = list(lines.select_related("customer")[:SHOWN])
        table = SureTable(shown)
        return super().get_context_data(
            statement=self.statement, totals=totals, table=table, headings=table.columns, shown=len(shown), **context
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        up_to = request.POST.get("up_to", "")
        job = job_to_accept(
            statement=self.statement.pk if self.statement else None,
            up_to=int(up_to) if up_to.isascii() and up_to.isdigit() and len(up_to) < 19 else None,
        )
        if job is None:
            messages.info(request, _t("No line is sure now."))
            return redirect(f"{reverse('bank:statementline_list')}?state=open")
        run_now(job)
        return redirect(job)


class SureTable(LineTable):
    """Sure lines, as they are shown before they are accepted."""

    columns = (
        *(column for column in LineTable.columns if column.name not in ("state", "customer")),
        Column(
            "customer", _("Whose"), cell=lambda line: link(line.customer) if line.customer else line.get_kind_display()
        ),
        Column("why", _("Why")),
    )
