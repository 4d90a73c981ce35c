"""Pages of this app that are more than the screens of a model."""

from django import forms
from django.db import models
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.crud import CreateScreen, DeleteScreen, DetailScreen, consequences, counted
from customerflow.money import format_money
from customers.equipment_moves import install, return_to_stock, set_aside
from customers.forms import CloseForm, CostForm, CustomerForm, EndForm, InstallForm, ReturnForm, SetAsideForm
from customers.merge_views import FollowsMerges, name_alike
from customers.models import Customer, Equipment, HouseMove, Installation, Location, PriceChange, Service
from customers.price_changes import cancel_price_change, change_cost
from customers.registration import close_customer, remove_customer, reopen_customer
from customers.subscriptions import early_termination_fee, end_service

# So many stays of a unit are shown, the latest first.
STAYS = 50


def with_everything(customers: models.QuerySet) -> models.QuerySet:
    """Return `customers` with all that is at their locations, in five more queries however many there are."""
    leaving = HouseMove.objects.waiting().filter(origin=models.OuterRef("pk")).values("first_day")
    locations = Location.objects.annotate(leaves_on=models.Subquery(leaving)).order_by("pk")
    locations = locations.prefetch_related(
        Prefetch("services", with_prices(Service.objects.order_by("pk"))),
        Prefetch("equipment", Equipment.objects.order_by("pk")),
    )
    return customers.prefetch_related(Prefetch("locations", locations))


def with_prices(services: models.QuerySet) -> models.QuerySet:
    """Return `services` with plan, pauses and prices."""
    prices = Prefetch("price_changes", PriceChange.objects.select_related("plan_change").order_by("pk"))
    return services.select_related("plan").prefetch_related("pauses", prices)


class CustomerDetail(FollowsMerges, DetailScreen):
    """All about one customer on one page."""

    def get_queryset(self) -> models.QuerySet:
        return with_everything(Customer.objects.prefetch_related("contacts"))

    def with_parts(self) -> list[models.Model]:
        locations = self.object.locations.all()
        services = [service for location in locations for service in location.services.all()]
        prices = [price for service in services for price in service.price_changes.all()]
        pauses = [pause for service in services for pause in service.pauses.all()]
        equipment = [unit for location in locations for unit in location.equipment.all()]
        return [self.object, *locations, *services, *prices, *pauses, *equipment]


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
        goes_too, in_the_way = consequences(self.object, stepping_aside=(Equipment, Installation))
        stays = Installation.objects.filter(location__customer=self.object)
        return [*goes_too, *counted(list(stays))], in_the_way

    def remove(self, record: Customer) -> None:
        remove_customer(customer=record)


class CustomerClose(ActScreen):
    """Closing a customer's account."""

    model = Customer
    form_class = CloseForm
    heading = _("Close this account")
    explanation = _(
        "Services end, the books stay. Equipment stays listed at its location until it is returned, without rent."
    )
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
        return reopen_customer(customer=self.object, on=timezone.localdate())


class LocationDetail(DetailScreen):
    """A location with its services and equipment."""

    def get_queryset(self) -> models.QuerySet:
        services = Prefetch("services", with_prices(Service.objects.order_by("pk")))
        moves = HouseMove.objects.waiting().select_related("origin__customer", "target__customer")
        return Location.objects.select_related("customer", "area").prefetch_related(
            services,
            "equipment",
            Prefetch("moves_out", moves, to_attr="leaving"),
            Prefetch("moves_in", moves, to_attr="arriving"),
        )


class PlanDetail(DetailScreen):
    """A plan, and the prices that were announced to those who have it."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        announced = self.object.price_changes.announced(timezone.localdate()).annotate(number=models.Count("prices"))
        announced = list(announced.order_by("effective_on", "pk"))
        # The newest one alone can be cancelled: the others are what it was built on.
        newest = max(announced, key=lambda change: change.pk, default=None)
        return super().get_context_data(announced=announced, newest=newest, **context)


class ServiceDetail(DetailScreen):
    """A service with every price it has had and will have, and the days on which it is off."""

    def get_queryset(self) -> models.QuerySet:
        return Service.objects.select_related("location__customer", "plan")

    def get_context_data(self, **context: object) -> dict[str, object]:
        today = timezone.localdate()
        prices = self.object.price_changes.select_related("created_by", "plan_change__plan").order_by(
            models.F("effective_on").desc(nulls_last=True), "-pk"
        )
        in_force = self.object.price_changes.in_force(today).first()
        pauses = self.object.pauses.order_by("-first_day", "-pk")
        context |= {"prices": prices, "pauses": pauses, "today": today, "in_force": in_force}
        return super().get_context_data(**context)


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

    def act(self, *, location, day) -> Equipment:
        return install(unit=self.object, location=location, day=day, on=timezone.localdate())


class EquipmentReturn(ActScreen):
    """Taking a unit back."""

    model = Equipment
    form_class = ReturnForm
    heading = _("Return this equipment")
    explanation = _("It leaves its location and goes back to stock.")
    button = _("Return to stock")
    done = _("Returned: {}.")

    def act(self, *, day) -> Equipment:
        return return_to_stock(unit=self.object, day=day, on=timezone.localdate())


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

    def act(self, *, status, day) -> Equipment:
        return set_aside(unit=self.object, status=status, day=day, on=timezone.localdate())
