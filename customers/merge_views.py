"""The pages on which two customers become one."""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.conflicts import BothSeenScreen
from customerflow.lists import ListScreen
from customerflow.tables import anchor, link
from customers.duplicates import sharing_contact, tell_apart
from customers.merge_forms import MergeForm, OtherCustomerForm
from customers.merging import merge_customers, moved_relations
from customers.models import Customer, DuplicatePair, Equipment, FormerNumber, Service
from customers.models.duplicates import merge_address

MERGE_RIGHTS = ("customers.view_customer", "customers.merge_customer")
# A new customer may share a phone with many; a few are enough to look.
MOST_NAMED = 3


def name_alike(request: HttpRequest, customer: Customer) -> None:
    """Tell the person of others who have the e-mail or the phone of a new customer; they may be one."""
    alike = sharing_contact(customer)[:MOST_NAMED]
    if not alike:
        return
    may_merge = request.user.has_perms(MERGE_RIGHTS)
    links = format_html_join(
        ", ", "{}", ((anchor(merge_address(other, customer), other) if may_merge else link(other),) for other in alike)
    )
    text = _t("Perhaps the same as {}: compare.") if may_merge else _t("Perhaps the same as {}.")
    messages.info(request, format_html(text, links))


class FollowsMerges:
    """A page of a customer; once they are merged into another it leads to that one."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except Http404:
            if not (former := self.former()):
                raise
        else:
            if response.status_code != HTTPStatus.NOT_FOUND or not (former := self.former()):
                return response
        message = format_html(_t("{} was merged into this customer on {}."), former.number, former.merged_on)
        messages.info(request, message)
        return redirect(former.customer)

    def former(self) -> FormerNumber | None:
        """Return what is kept of the customer whom the address names, if they were merged."""
        return FormerNumber.objects.filter(former_pk=self.kwargs["pk"]).select_related("customer").first()


class CustomerMerge(FollowsMerges, BothSeenScreen, ActScreen):
    """Choosing the other customer, then of each two values the one that stays, with all that will move in sight."""

    model = Customer
    heading = _("Merge customers")
    button = _("Merge")
    done = _("Merged into {}.")

    def get_permission_required(self) -> tuple[str, ...]:
        return MERGE_RIGHTS

    def get_template_names(self) -> list[str]:
        return ["customers/customer_merge.html"]

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        return super().post(request, *args, **kwargs) if self.other else self.get(request, *args, **kwargs)

    @cached_property
    def choice(self) -> OtherCustomerForm:
        """The form that asks who the other customer is; the address may say it."""
        return OtherCustomerForm(self.object, self.request.GET if "other" in self.request.GET else None)

    @cached_property
    def other(self) -> Customer | None:
        """The customer who is merged into this one, once that is known."""
        return self.choice.cleaned_data["other"] if self.choice.is_valid() else None

    def get_form(self, form_class: object = None) -> MergeForm | OtherCustomerForm:
        if self.other is None:
            return self.choice
        return MergeForm(self.object, self.other, self.request.POST if self.request.method == "POST" else None)

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(
            choice=self.choice,
            other=self.other,
            moving=self.moving(),
            swap_url=merge_address(self.other, self.object) if self.other else "",
            **context,
        )

    def moving(self) -> list[tuple[str, int, int]]:
        """Return what either customer has, kind by kind: how many this one, and how many the other."""
        if self.other is None:
            return []
        relations = [(relation.related_model, relation.field.name) for relation in moved_relations()]
        relations += [(Service, "location__customer"), (Equipment, "location__customer")]
        counts = [
            (
                capfirst(model._meta.verbose_name_plural),
                *(model._base_manager.filter(**{field: customer}).count() for customer in (self.object, self.other)),
            )
            for model, field in relations
        ]
        return [(kinds, own, others) for kinds, own, others in counts if own or others]

    def look_again(self) -> None:
        """Read both again after a merge that was refused."""
        vars(self).pop("choice"), vars(self).pop("other")
        super().look_again()

    def form_valid(self, form: MergeForm) -> HttpResponse:
        self.form = form
        return super().form_valid(form)

    def form_invalid(self, form: MergeForm) -> HttpResponse:
        if self.is_stale() and not form.non_field_errors():
            form.add_error(None, self.stale_text)
        return super().form_invalid(form)

    def act(self, **_choices: str) -> Customer:
        return merge_customers(
            survivor=self.object,
            duplicate=self.other,
            values=self.form.chosen_values(),
            by=self.request.user,
            on=timezone.localdate(),
        )


class DuplicateList(ListScreen):
    """Customers who may be one, those that are most alike first."""

    model = DuplicatePair

    def get_permission_required(self) -> tuple[str, ...]:
        return MERGE_RIGHTS

    def get_queryset(self) -> models.QuerySet:
        return DuplicatePair.objects.undecided()


class NotADuplicate(ActScreen):
    """Saying of two customers that they are not one."""

    model = DuplicatePair
    form_class = forms.Form
    heading = _("Not a duplicate")
    explanation = _("They are two customers. The list does not show them again.")
    button = _("Not a duplicate")
    done = _("Not a duplicate: {}.")

    def get_permission_required(self) -> tuple[str, ...]:
        return MERGE_RIGHTS

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response = super().form_valid(form)
        return redirect("customers:duplicates") if response.status_code == 302 else response

    def act(self) -> None:
        tell_apart(pair=self.object)
