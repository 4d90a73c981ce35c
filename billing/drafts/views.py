"""The pages of drafts: making one by hand, changing, issuing and discarding it, and how it would look."""

from datetime import date
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views import generic

from billing.documents.content import content_of_draft
from billing.documents.rendering import render
from billing.documents.views import VIEW, as_download
from billing.drafts.drafting import add_draft, change_draft, discard_draft, fixed_due_day, issue_draft, outlook_of
from billing.drafts.forms import (
    EMPTY_ROWS,
    MOST_LINES,
    DraftForm,
    IssueForm,
    LineFormSet,
    Lines,
    NewDraftForm,
    initial_lines,
    initial_of,
    rearranged,
    rows_for,
)
from billing.invoices import due_day
from billing.models import Invoice, InvoiceLine
from billing.snapshots import snapshot_of
from billing.views import InvoiceAct
from customerflow.acts import ActScreen
from customerflow.changes.models import Change
from customerflow.conflicts import Meanwhile
from customerflow.money import format_money
from customerflow.screens import Screen
from customers.models import Customer

# No key of a record has more digits.
LONGEST_NUMBER = 18
ISSUED_MEANWHILE = _("It is no draft any more: what is issued stays as it is.")


class LinesScreen(ActScreen):
    """
    A form with rows for lines. Rows are added and dropped by buttons that send the form, saved or checked is nothing.

    How many rows there are stands in the address, so that they are there again where the session had ended.
    """

    rows: Lines | None = None
    # Whether there is a button that issues it at once.
    may_issue = False

    @property
    def customer(self) -> Customer:
        """Whose invoice it is."""
        raise NotImplementedError

    def get_template_names(self) -> list[str]:
        return ["billing/draft_form.html"]

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        self.rows = LineFormSet(request.POST, customer=self.customer)
        if how := request.POST.get("rows"):
            return self.show_rearranged(how)
        form = self.get_form()
        is_valid = all([form.is_valid(), self.rows.is_valid()])
        if self.is_stale():
            form.add_error(None, self.stale_text)
            return self.form_invalid(form)
        return self.form_valid(form) if is_valid else self.form_invalid(form)

    def show_rearranged(self, how: str) -> HttpResponse:
        """Answer with what was typed, in other rows; the person goes on seeing what they saw."""
        self.rows = rearranged(self.rows, how, self.customer)
        form = self.form_class(initial={name: self.request.POST.get(name) for name in self.form_class.base_fields})
        return self.render_to_response(self.get_context_data(form=form) | {"version": self.seen})

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(**context)
        rows = self.rows or self.initial_rows()
        return context | {"rows": rows, "customer": self.customer, "may_add": len(rows.forms) < MOST_LINES}

    def initial_rows(self) -> Lines:
        """Return the rows of a form that was just opened."""
        lines = self.initial_lines()
        empty = max(1 if lines else EMPTY_ROWS, min(self.asked("rows"), MOST_LINES) - len(lines))
        return rows_for(self.customer, lines, empty=empty)

    def initial_lines(self) -> list[dict[str, object]]:
        """Return what the lines say in a form that was just opened."""
        raise NotImplementedError

    def asked(self, name: str) -> int:
        """Return the number that the address asks for; 0 for none."""
        asked = self.request.GET.get(name, "")
        return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER else 0

    def _typed(self) -> list[tuple[str, str]]:
        posted = LineFormSet(self.request.POST, customer=None)
        of_lines = [(_t("Line"), " · ".join(filter(None, row.values()))) for row in posted.as_typed()]
        return [*super()._typed(), *of_lines]


class DraftCreate(LinesScreen):
    """A new invoice for a customer, by hand: kept as a draft, or issued today in one go."""

    model = Customer
    permission_required = "billing.add_invoice"
    form_class = NewDraftForm
    heading = _("New invoice")
    button = _("Save as a draft")
    may_issue = True

    @property
    def customer(self) -> Customer:
        return self.object

    @property
    def is_to_issue(self) -> bool:
        """Whether it is issued at once."""
        return "issue" in self.request.POST

    @property
    def done(self) -> str:
        """What is said then."""
        return _t("Issued: {}.") if self.is_to_issue else _t("Saved: {}. It is not on the books.")

    def initial_lines(self) -> list[dict[str, object]]:
        like = self.object.invoices.filter(pk=self.asked("like")).first()
        return initial_lines(like) if like else []

    def act(self, *, issued_on: date, key: object, **said: object) -> Invoice:
        on = timezone.localdate() if self.is_to_issue else issued_on
        draft = add_draft(customer=self.object, lines=self.rows.said(), on=on, key=str(key), **said)
        return issue_draft(draft=draft, on=on, due_on=said["due_on"]) if self.is_to_issue else draft


class DraftAct(InvoiceAct):
    """An act on a draft, which is done to the draft that the person saw, its lines included."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        draft = self.get_object()
        if not draft.is_draft:
            messages.info(request, ISSUED_MEANWHILE)
            return redirect(draft)
        return super().get(request, *args, **kwargs)

    def is_stale(self) -> bool:
        """Return whether the draft was changed since the person saw it; where only its lines were, say by which act."""
        if super().is_stale():
            return True
        if not self._is_sent() or self.seen == self.object.version:
            return False
        changes = Change.objects.filter(
            kind=InvoiceLine._meta.label_lower, record_id__in=self.object.lines.values("pk")
        ).select_related("change_set__by")
        newest = changes.order_by("-pk").first()
        self.meanwhile = Meanwhile([newest.change_set] if newest else [])
        return True


class DraftEdit(DraftAct, LinesScreen):
    """Changing a draft."""

    form_class = DraftForm
    heading = _("Change this draft")
    button = _("Save")
    done = _("Saved: {}. It is not on the books.")

    @property
    def customer(self) -> Customer:
        return self.object.customer

    def get_initial(self) -> dict[str, object]:
        return initial_of(self.object)

    def initial_lines(self) -> list[dict[str, object]]:
        return initial_lines(self.object)

    def get_context_data(self, **context: object) -> dict[str, object]:
        stored = self.object.lines.all() if self.meanwhile else ()
        return super().get_context_data(stored_lines=stored, **context)

    def act(self, *, issued_on: date, **said: object) -> Invoice:
        return change_draft(draft=self.object, lines=self.rows.said(), on=issued_on, seen=self.seen, **said)


class DraftIssue(DraftAct):
    """Issuing a draft as it stands; where it comes to something else by then than was shown, it is asked again."""

    permission_required = "billing.add_invoice"
    form_class = IssueForm
    heading = _("Issue this draft")
    button = _("Issue the invoice")
    done = _("Issued: {}.")

    def get_template_names(self) -> list[str]:
        return ["billing/draft_issue.html"]

    def get_initial(self) -> dict[str, object]:
        return {"due_on": fixed_due_day(self.object)}

    def get_context_data(self, **context: object) -> dict[str, object]:
        today, draft = timezone.localdate(), self.object
        outlook, by_terms = outlook_of(draft, today), due_day(draft.customer, today)
        shown = "" if outlook.refusal else plain(outlook.total)
        return super().get_context_data(outlook=outlook, shown_total=shown, today=today, by_terms=by_terms, **context)

    def act(self, *, due_on: date | None) -> Invoice:
        invoice = issue_draft(draft=self.object, on=timezone.localdate(), due_on=due_on, seen=self.seen)
        shown = self.request.POST.get("total", "")
        if shown and shown != plain(invoice.total):
            message = _("It comes to %(total)s by now: the tax rates were changed. Nothing was issued. Look again.")
            raise ValidationError(message % {"total": format_money(invoice.total)})
        return invoice


def plain(amount: Decimal) -> str:
    """Return `amount` as a form carries it to the person and back."""
    return f"{amount:f}"


class DraftDiscard(DraftAct):
    """Discarding a draft."""

    form_class = forms.Form
    heading = _("Discard this draft")
    explanation = _("It is on nobody's books, and has no number: nothing is missing afterwards.")
    button = _("Discard the draft")
    done = _("The draft was discarded. Its customer: {}.")

    def act(self) -> Customer:
        discard_draft(draft=self.object, seen=self.seen)
        return self.object.customer


class DraftPreview(Screen, generic.View):
    """A draft as a PDF that says so on every page; it is not kept."""

    model = Invoice
    permission_required = VIEW

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = get_object_or_404(Invoice.objects.select_related("customer"), pk=pk)
        outlook = outlook_of(draft, draft.issued_on)
        if not draft.is_draft or outlook.refusal:
            messages.info(request, outlook.refusal or ISSUED_MEANWHILE)
            return redirect(draft)
        content = content_of_draft(draft, snapshot_of(draft.customer), outlook.taxes, outlook.total)
        return as_download(HttpResponse(render(content), content_type="application/pdf"), f"draft-{draft.pk}.pdf")
