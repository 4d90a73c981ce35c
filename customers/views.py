"""Pages of this app that are more than the screens of a model."""

from django import forms
from django.db import models
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.crud import CreateScreen, DeleteScreen, DetailScreen, consequences
from customerflow.money import format_money
from customers.equipment_moves import install, return_to_stock, set_aside
from customers.forms import CloseForm, CostForm, CustomerForm, EndForm, InstallForm, SetAsideForm
from customers.merge_views import FollowsMerges, name_alike
from customers.models import Customer, Equipment, Location, PriceChange, Service
from customers.plan_prices import scheduled
from customers.price_changes import cancel_price_change, change_cost
from customers.registration import close_customer, remove_customer, reopen_customer
from customers.subscriptions import early_termination_fee, end_service

# So many stays of a unit are shown, the latest first.
STAYS = 50


def with_everything(customers: models.QuerySet) -> models.QuerySet:
    """Return `customers` with locations, services and equipment, in four more queries however many there are."""
    services = Service.objects.select_related("plan").prefetch_related("pauses").order_by("pk")
    locations = Location.objects.order_by("pk").prefetch_related(
        Prefetch("services", services), Prefetch("equipment", Equipment.objects.order_by("pk"))
    )
    return customers.prefetch_related(Prefetch("locations", locations))


class CustomerDetail(FollowsMerges, DetailScreen):
    """All about one customer on one page."""

    def get_queryset(self) -> models.QuerySet:
        return with_everything(Customer.objects.prefetch_related("contacts"))

    def with_parts(self) -> list[models.Model]:
        locations = self.object.locations.all()
        services = [service for location in locations for service in location.services.all()]
        prices = PriceChange.objects.filter(service__in=services).select_related("service").order_by()
        equipment = [unit for location in locations for unit in location.equipment.all()]
        return [self.object, *self.object.contacts.all(), *locations, *services, *prices, *equipment]


class CustomerCreate(CreateScreen):
    """Adding a customer. Who shares an e-mail or a phone with them is named afterwards: it may be the same one."""

    def form_valid(self, form: CustomerForm) -> HttpResponse:
        response = super().form_valid(form)
        if response.status_code == 302:
            name_alike(self.request, self.object)
        return response


class CustomerDelete(DeleteScreen):
    """Removing a customer of whom nothing is on the books."""

    def consequences(self) -> tuple[list[str], list[str]]:
        return consequences(self.object, stepping_aside=Equipment)

    def remove(self, record: Customer) -> None:
        remove_customer(customer=record)


class CustomerClose(ActScreen):
    """Closing a customer's account."""

    model = Customer
    form_class = CloseForm
    heading = _("Close this account")
    explanation = _("Services end, the books stay. Equipment stays listed at its location until it is returned.")
    button = _("Close the account")
    done = _("Closed: {}.")

    def get_initial(self) -> dict[str, object]:
        return {"last_day": timezone.localdate()}

    def act(self, *, last_day) -> Customer:
        return close_customer(customer=self.object, last_day=last_day, on=timezone.localdate())


class CustomerReopen(ActScreen):
    """Taking a closed customer back."""

    model = Customer
    form_class = forms.Form
    heading = _("Reopen this account")
    explanation = _("Ended services stay ended. Add new ones; the days between are not charged.")
    button = _("Reopen the account")
    done = _("Reopened: {}.")

    def act(self) -> Customer:
        return reopen_customer(customer=self.object)


class LocationDetail(DetailScreen):
    """A location with its services and equipment."""

    def get_queryset(self) -> models.QuerySet:
        return Location.objects.select_related("customer").prefetch_related(
            "services__plan", "services__pauses", "equipment"
        )


class PlanDetail(DetailScreen):
    """A plan, and the prices that those who have it are to get."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(scheduled=scheduled(self.object), **context)


class ServiceDetail(DetailScreen):
    """A service with every price it has had and will have, and the days on which it is off."""

    def get_queryset(self) -> models.QuerySet:
        return Service.objects.select_related("location__customer", "plan")

    def get_context_data(self, **context: object) -> dict[str, object]:
        today = timezone.localdate()
        prices = self.object.price_changes.select_related("created_by").order_by(
            models.F("effective_on").desc(nulls_last=True), "-pk"
        )
        in_force = self.object.price_changes.in_force(today).first()
        pauses = self.object.pauses.order_by("-first_day", "-pk")
        return super().get_context_data(prices=prices, pauses=pauses, today=today, in_force=in_force, **context)


class ServiceCost(ActScreen):
    """The two-field act: a service and what it costs from now on."""

    model = Service
    permission_required = "customers.add_pricechange"
    form_class = CostForm
    heading = _("Change the cost")
    explanation = _("From today, or from a later day. What was invoiced stays as it was.")
    button = _("Change the cost")
    done = _("The cost of {} is %(cost)s from %(day)s.")

    def get_initial(self) -> dict[str, object]:
        return {"cost": self.object.cost}

    def act(self, *, cost, effective_on, reason) -> None:
        change = change_cost(
            service=self.object,
            cost=cost,
            effective_on=effective_on,
            reason=reason,
            on=timezone.localdate(),
            by=self.request.user,
        )
        self.done = self.done % {"cost": format_money(change.cost), "day": change.effective_on}


class PriceChangeCancel(ActScreen):
    """Cancelling a price that has not begun."""

    model = Service
    permission_required = "customers.change_pricechange"
    form_class = forms.Form
    heading = _("Cancel this price change")
    button = _("Cancel the price change")
    done = _("The price change of {} was cancelled.")

    @property
    def change(self) -> PriceChange:
        """The price that the address names."""
        return get_object_or_404(PriceChange, pk=self.kwargs["change"], service=self.object)

    @property
    def explanation(self) -> str:
        """Which price is taken back."""
        change = self.change
        return _("%(cost)s from %(day)s") % {"cost": format_money(change.cost), "day": change.effective_on}

    def act(self) -> None:
        cancel_price_change(change=self.change, on=timezone.localdate())


class ServiceEnd(ActScreen):
    """Ending a service."""

    model = Service
    form_class = EndForm
    heading = _("End this service")
    button = _("End the service")
    done = _("{} was given its last day.")

    @property
    def explanation(self) -> str:
        """What it causes, as far as the day does not matter; what it would cost now if it ends early."""
        service = self.object
        if not (service.contract_ends_on and service.early_termination_fee):
            return _("What was invoiced for later days is given back by the next billing run.")
        return _(
            "What was invoiced for later days is given back by the next billing run. The contract ends on %(day)s: "
            "with a last day before that, an early termination fee of %(fee)s is charged, before tax."
        ) % {"day": service.contract_ends_on, "fee": format_money(service.early_termination_fee)}

    def get_initial(self) -> dict[str, object]:
        return {"last_day": self.object.ends_on or timezone.localdate()}

    def act(self, *, last_day) -> Service:
        service = end_service(service=self.object, last_day=last_day)
        if fee := early_termination_fee(service, last_day):
            self.done = _("{} was given its last day. It causes an early termination fee of %(fee)s.") % {
                "fee": format_money(fee)
            }
        return service


class EquipmentDetail(DetailScreen):
    """A unit, where it is and where it was."""

    def get_queryset(self) -> models.QuerySet:
        return Equipment.objects.select_related("location__customer")

    def get_context_data(self, **context: object) -> dict[str, object]:
        stays = self.object.installations.select_related("location__customer").order_by("-first_day", "-pk")
        return super().get_context_data(stays=stays[:STAYS], **context)


class EquipmentInstall(ActScreen):
    """Installing a unit at a location."""

    model = Equipment
    form_class = InstallForm
    heading = _("Install this equipment")
    button = _("Install")
    done = _("Installed: {}.")

    def act(self, *, location) -> Equipment:
        return install(unit=self.object, location=location, on=timezone.localdate())


class EquipmentReturn(ActScreen):
    """Taking a unit back."""

    model = Equipment
    form_class = forms.Form
    heading = _("Return this equipment")
    explanation = _("It leaves its location and goes back to stock.")
    button = _("Return to stock")
    done = _("Returned: {}.")

    def act(self) -> Equipment:
        return return_to_stock(unit=self.object, on=timezone.localdate())


class EquipmentSetAside(ActScreen):
    """Saying what became of a unit: in repair, lost, sold."""

    model = Equipment
    form_class = SetAsideForm
    heading = _("Change the status")
    explanation = _("A unit that is installed leaves its location.")
    button = _("Change the status")
    done = _("The status of {} was changed.")

    def get_initial(self) -> dict[str, object]:
        return {"status": self.object.status}

    def act(self, *, status) -> Equipment:
        return set_aside(unit=self.object, status=status, on=timezone.localdate())
