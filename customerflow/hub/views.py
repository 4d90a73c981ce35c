"""The pages that join customers, billing and tickets: home, search and the register of all customers."""

from collections.abc import Iterator
from itertools import islice

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from billing.balances import balances_of
from billing.models import Invoice
from customerflow.csv_export import csv_response
from customerflow.hub.charts import charts
from customerflow.hub.figures import figures
from customerflow.hub.quick_actions import QUICK_ACTIONS, QuickAction
from customerflow.lists import ListScreen
from customerflow.loads.models import Load
from customerflow.loads.tables import LoadTable
from customerflow.lookup import find
from customerflow.panels import panel
from customerflow.refusals import acting, show_refusal
from customerflow.screens import linked
from customers.models import Contact, Customer, Equipment, Location, Service
from customers.tables import service_standing
from customers.views import with_everything
from tickets.models import Ticket
from tickets.tables import TicketTable

EXPORT_BATCH = 500


class Home(TemplateView):
    """What is going on, and the quick actions; a refused one comes back with what was typed."""

    template_name = "hub/home.html"

    def get_context_data(self, **context: object) -> dict[str, object]:
        user, refused = self.request.user, context.get("refused")
        actions = [
            refused if refused and action is type(refused) else action()
            for action in QUICK_ACTIONS
            if user.has_perm(action.permission)
        ]
        return super().get_context_data(
            actions=actions,
            figures=figures(user, timezone.localdate()),
            charts=list(charts(user, timezone.localdate())),
            open_action=refused,
            panels=self.panels(),
            **context,
        )

    def panels(self) -> list[dict[str, object]]:
        """Return what waits for this person, and what was loaded last."""
        user, panels = self.request.user, []
        if user.has_perm("tickets.view_ticket"):
            mine = Ticket.objects.unfinished().filter(assignee=user).order_by("priority", "pk")
            panels.append(
                panel(TicketTable, mine, queue="mine")
                | {"kinds": _("my tickets"), "empty": _("Nothing waits for you.")}
            )
        if user.has_perm("loads.view_load"):
            panels.append(panel(LoadTable, Load.objects.visible_to(user)))
        return panels


class DoQuickAction(Home):
    """What a quick action sends; opened by itself, as after a log-in, it is the home page."""

    def get(self, request: HttpRequest, action: str) -> HttpResponse:
        self.form_for(action)
        return redirect("home")

    def post(self, request: HttpRequest, action: str) -> HttpResponse:
        form = self.form_for(action)
        if form.is_valid():
            try:
                with acting() as recording:
                    record = form.perform(by=request.user, on=timezone.localdate())
            except ValidationError as refusal:
                show_refusal(form, refusal)
            else:
                if form.done:
                    messages.success(request, linked(str(form.done), record, recording.change_set, request.user))
                return redirect(form.next_page(record))
        return self.render_to_response(self.get_context_data(refused=form))

    def form_for(self, slug: str) -> QuickAction:
        """Return the form of the quick action `slug` with what was sent."""
        action = next((action for action in QUICK_ACTIONS if action.slug == slug), None)
        if action is None:
            raise Http404
        if not self.request.user.has_perm(action.permission):
            raise PermissionDenied(_("You may not do this: %(action)s.") % {"action": action.title})
        return action(self.request.POST)


class Search(TemplateView):
    """Everything that a text is found in, by kind; a single find opens at once."""

    template_name = "hub/search.html"
    kinds = (Customer, Contact, Location, Service, Equipment, Invoice, Ticket)
    related = {
        Contact: ["customer"],
        Location: ["customer"],
        Service: ["location__customer"],
        Invoice: ["customer"],
        Ticket: ["customer"],
    }
    shown = 10

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        text = request.GET.get("q", "").strip()[:200].replace("\x00", "")
        found = [result for model in self.kinds if (result := self.find(model, text))["records"]] if text else []
        if len(found) == 1 and len(found[0]["records"]) == 1:
            return redirect(found[0]["records"][0])
        return self.render_to_response(self.get_context_data(found=found, text=text))

    def find(self, model: type[models.Model], text: str) -> dict[str, object]:
        """Return the first finds of one kind, the one with exactly that number first; none without the right."""
        opts = model._meta
        records: list[models.Model] = []
        if self.request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
            rows = model._default_manager.select_related(*self.related.get(model, []))
            exact = find(rows, text.removeprefix("#"))
            records = [exact] if exact else []
            records += [record for record in rows.search(text)[: self.shown + 1] if record != exact]
        return {
            "kinds": opts.verbose_name_plural,
            "records": records[: self.shown],
            "list": f"{opts.app_label}:{opts.model_name}_list" if len(records) > self.shown else "",
        }


class Register(ListScreen):
    """All registered customers with everything under them: on screen in pages, printed, or exported whole."""

    model = Customer
    permission_required = ("customers.view_customer", "billing.view_invoice")

    def get_permission_required(self) -> tuple[str, ...]:
        return self.permission_required

    def get_template_names(self) -> list[str]:
        return ["hub/register.html"]

    def get_queryset(self) -> models.QuerySet:
        return with_everything(Customer.objects.all())

    def get_context_data(self, **context: object) -> dict[str, object]:
        customers = context["page"].rows
        balances = balances_of(customers, timezone.localdate())
        entries = [(customer, balances[customer.pk]) for customer in customers]
        return super().get_context_data(entries=entries, **context)

    def export(self, rows: models.QuerySet) -> HttpResponse:
        return csv_response(register_rows(rows), "register.csv")


def register_rows(customers: models.QuerySet) -> Iterator[list[object]]:
    """Yield the register as rows: one for each service and each unit, or one for a customer or location without any."""
    yield [
        *(_("Number"), _("Name"), _("Phone"), _("E-mail"), _("Status"), _("Balance")),
        *(_("Location number"), _("Address"), _("Kind"), _("Item number"), _("Item"), _("Cost"), _("Item status")),
    ]
    today = timezone.localdate()
    records = customers.iterator(chunk_size=EXPORT_BATCH)
    while batch := list(islice(records, EXPORT_BATCH)):
        balances = balances_of(batch, today)
        for customer in batch:
            head = [customer.number, customer.name, customer.phone, customer.email, customer.get_status_display()]
            for tail in _places(customer):
                yield [*head, balances[customer.pk].total, *tail]


def _places(customer: Customer) -> Iterator[list[object]]:
    places = customer.locations.all()
    if not places:
        yield [""] * 7
    for location in places:
        here = [location.pk, location.one_line]
        items = [
            [_("Service"), service.pk, service.name, service.cost, service_standing(service)]
            for service in location.services.all()
        ]
        items += [
            [_("Equipment"), unit.pk, unit.name, unit.cost, unit.get_status_display()]
            for unit in location.equipment.all()
        ]
        for item in items or [[""] * 5]:
            yield [*here, *item]
