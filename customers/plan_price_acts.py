"""Another price of a plan, for one service of a bulk edit after the other."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.bulk.acts import BulkAct
from customerflow.tables import as_text
from customers.models import Service
from customers.plan_price_forms import PlanPriceForm, change_of
from customers.plan_prices import change_to_plan_price


class ChangePlanPrice(BulkAct):
    """Giving services of a plan the plan's new price; it begins on the page of the plan."""

    heading = _("Change the price of the plan")
    is_offered = False
    permission = "customers.add_pricechange"
    form_class = PlanPriceForm

    def records(self, values: dict[str, object]) -> models.QuerySet:
        return super().records(values).select_related("plan")

    def state(self, service: Service) -> str:
        return as_text(service.cost)

    def act(self, service: Service, **values: object) -> str | None:
        change = change_of(service.plan, values, by=self.by, at=self.at)
        made = change_to_plan_price(service=service, change=change, on=self.on, by=self.by)
        if made is None:
            return None
        return _("%(cost)s from %(day)s") % {"cost": as_text(made.cost), "day": as_text(made.effective_on)}
