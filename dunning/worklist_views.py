"""The page of the worklist."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext

from billing.ageing import Bucket
from billing.ageing_list import invoices_address
from customerflow.csv_export import csv_response
from customerflow.lists import CountedListScreen
from customerflow.money import ZERO
from customerflow.paging import COUNT_LIMIT, SIZES
from customerflow.refusals import acting
from customers.models import Customer
from dunning.collecting import assign
from dunning.forms import AssignForm
from dunning.worklist import Worklist
from dunning.worklist_filter import WorklistFilter
from dunning.worklist_table import WorkableTable, WorkPageTable, WorkTable


def worklist_address(bucket: Bucket, customer: Customer | None) -> str:
    """Return the address of what is late by so many days: of one customer, or of all."""
    asked = {"age": bucket.name} | ({"customer": customer.number} if customer else {})
    return f"{reverse('dunning:worklist')}?{urlencode(asked)}"


class WorklistPage(CountedListScreen):
    """Who is to be reminded, called or visited next: sums, which no index has in order."""

    model = Customer
    permission_required = "billing.view_invoice"
    filterset_class = WorklistFilter
    # What all customers on all pages together are late with.
    total = ZERO

    def get_template_names(self) -> list[str]:
        return ["dunning/worklist.html"]

    @property
    def table_class(self) -> type[WorkTable]:
        """The columns; those that lead to an act only for who may."""
        return WorkableTable if self.request.user.has_perm("dunning.add_contactattempt") else WorkPageTable

    def measure(self, rows: Worklist) -> int:
        count, self.total = rows.totals()
        return count

    def export(self, rows: Worklist) -> HttpResponse:
        return csv_response(WorkTable.export(rows.iterator()), "worklist.csv")

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(total=self.total, today=timezone.localdate(), **context)
        bucket = self.filterset.bucket if self.filterset.form.is_valid() else None
        address = bucket and invoices_address(bucket, context["today"], self.filterset.one)
        may_assign = self.request.user.has_perm("dunning.change_assignment")
        context["table"].is_selectable = may_assign
        form = AssignForm(user=self.request.user, auto_id="assign-%s") if may_assign else None
        return context | {"create_url": None, "invoices_url": address, "assign_form": form}

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Let somebody look after the customers that were ticked, or after all that match."""
        if not request.user.has_perm("dunning.change_assignment"):
            raise PermissionDenied
        form = AssignForm(request.POST, user=request.user)
        try:
            chosen = self.chosen() if form.is_valid() else []
            with acting():
                count = assign(customers=chosen, on=timezone.localdate(), by=request.user, **form.cleaned_data)
            said = ngettext(
                "%(count)d customer has another owner now.", "%(count)d customers have another owner now.", count
            )
            messages.success(request, said % {"count": count})
        except ValidationError as refusal:
            messages.warning(request, " ".join(refusal.messages))
        return redirect(request.get_full_path())

    def chosen(self) -> list[Customer]:
        """Return the customers that were ticked, or all that match; raises `ValidationError` for none or too many."""
        if not self.request.POST.get("all"):
            ticked = [key for key in self.request.POST.getlist("chosen") if key.isascii() and key.isdigit()]
            found = list(Customer.objects.filter(pk__in=[key for key in ticked if len(key) <= 18][: max(SIZES)]))
        else:
            filterset = self.filterset_class(self.request.GET, self.get_queryset(), request=self.request)
            if problems := filterset.errors_in_words():
                raise ValidationError(problems)
            found = [row.customer for row in filterset.qs.order_by("pk")[: COUNT_LIMIT + 1]]
        if not found:
            raise ValidationError(_t("No row was chosen."))
        if len(found) > COUNT_LIMIT:
            message = _t("These are more than %(most)d customers: filter the list further.")
            raise ValidationError(message % {"most": COUNT_LIMIT})
        return found
