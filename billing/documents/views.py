"""Pages of documents: made, downloaded, sent by e-mail, printed many at once."""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.db import models
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import generic

from billing.account_views import StatementForm
from billing.documents.emails import address_of, send_document, text_of, why_not_sent
from billing.documents.files import make_document
from billing.documents.printing import FILE_NAMES, print_invoices
from billing.documents.rendering import render
from billing.documents.statement_letter import content_of_statement
from billing.models import CreditNote, Document, Invoice
from billing.statement import statement_of
from customerflow.acts import ActScreen
from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.jobs.views import OneJob
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen
from customerflow.storage import documents
from customers.models import Customer

VIEW = "billing.view_document"


class DocumentMake(Screen, generic.View):
    """Making the file of an invoice or a credit note, if it was never made, and leading to it."""

    http_method_names = ["post"]
    permission_required = VIEW
    kind = Document.Kind.PDF

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = get_object_or_404(self.model.objects.select_related("customer"), pk=pk)
        try:
            document = make_document(record, self.kind)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(record)
        return redirect("billing:document_download", document.pk)


class DocumentDownload(Screen, generic.View):
    """A file as it was issued."""

    model = Document
    permission_required = VIEW

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        document = get_object_or_404(Document.objects.select_related("invoice", "credit_note"), pk=pk)
        try:
            content = document.content()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(document.of)
        response = HttpResponse(content, content_type="application/pdf")
        return as_download(response, f"{document.name}.pdf")


class PrintDownload(OneJob, generic.View):
    """The file of many letters for print; for whose job it is."""

    def has_permission(self) -> bool:
        return super().has_permission() and self.request.user.has_perm(VIEW)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        name = self.job.result.get("file", "") if self.job.kind in FILE_NAMES else ""
        if not name or not documents().exists(name):
            raise Http404
        ending = name.rpartition(".")[2]
        kind = "application/zip" if ending == "zip" else "application/pdf"
        called = f"{FILE_NAMES[self.job.kind]}-{self.job.pk}.{ending}"
        return as_download(FileResponse(documents().open(name), content_type=kind), called)


def as_download(response: HttpResponse, name: str) -> HttpResponse:
    """Return `response` as a file that is saved, never shown inside of the product, and kept by no cache."""
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


class StatementPdf(Screen, generic.View):
    """A customer's account for some days, as a letter; it is not kept, for it is of the moment."""

    model = Customer
    permission_required = VIEW

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer, today = get_object_or_404(Customer, pk=pk), timezone.localdate()
        form = StatementForm(request.GET, today=today)
        if not form.is_valid():
            raise BadRequest
        content = content_of_statement(statement_of(customer, **form.cleaned_data, today=today))
        response = HttpResponse(render(content), content_type="application/pdf")
        return as_download(response, f"statement-{customer.pk}.pdf")


class EmailForm(NormalisedTextMixin, forms.Form):
    """Where a document is sent. It carries a key, so that sending the form twice sends one e-mail."""

    to = forms.EmailField(label=_("To"), max_length=254)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class DocumentEmail(ActScreen):
    """Sending an invoice or a credit note by e-mail."""

    permission_required = "billing.add_email"
    form_class = EmailForm
    heading = _("Send by e-mail")
    button = _("Send")
    done = _("It will be sent: {}. Its page shows when.")

    def get_template_names(self) -> list[str]:
        return ["billing/document_email.html"]

    def get_queryset(self) -> models.QuerySet:
        return self.model.objects.select_related("customer")

    def get_initial(self) -> dict[str, object]:
        return {"to": address_of(self.object.customer)}

    def get_context_data(self, **context: object) -> dict[str, object]:
        subject, body = text_of(self.object)
        return super().get_context_data(subject=subject, body=body, refusal=why_not_sent(self.object), **context)

    def act(self, *, to: str, key: object) -> None:
        send_document(record=self.object, to=to, key=f"form-{key}", at=timezone.now(), by=self.request.user)


class InvoiceEmail(DocumentEmail):
    """Sending an invoice."""

    model = Invoice


class CreditNoteEmail(DocumentEmail):
    """Sending a credit note."""

    model = CreditNote


class PrintForm(NormalisedTextMixin, forms.Form):
    """Which invoices are printed."""

    first_day = forms.DateField(label=_("Issued from"), widget=DayInput)
    last_day = forms.DateField(label=_("Issued until"), widget=DayInput)
    without_email = forms.BooleanField(label=_("Only of customers without an e-mail address"), required=False)


class InvoicePrint(Screen, generic.FormView):
    """Asking for many invoices in one file."""

    model = Invoice
    permission_required = VIEW
    form_class = PrintForm
    template_name = "billing/invoice_print.html"

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    def get_initial(self) -> dict[str, object]:
        today = timezone.localdate()
        return {"first_day": today.replace(day=1), "last_day": today}

    def form_valid(self, form: PrintForm) -> HttpResponse:
        try:
            with acting():
                job = print_invoices(**form.cleaned_data, by=self.request.user)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect(job)
