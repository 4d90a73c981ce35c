"""What is done to many customers at once: they are held from suspension."""

from datetime import date

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.bulk.acts import BulkAct, register
from customers.models import Customer
from suspensions.forms import HoldForm
from suspensions.holds import hold
from suspensions.models import Hold


class HoldCustomers(BulkAct):
    """Keeping customers from being suspended until a day."""

    heading = _("Hold from suspension")
    explanation = _("They are not suspended before the day is over. Who is suspended stays so.")
    permission = "suspensions.add_hold"
    form_class = HoldForm

    def state(self, customer: Customer) -> str:
        """Return until when the customer is held."""
        held = Hold.objects.on(self.on).filter(customer=customer).order_by("-last_day").first()
        return _t("held until %(day)s") % {"day": held.last_day} if held else _t("not held")

    def act(self, customer: Customer, *, last_day: date, reason: str) -> str:
        hold(customer=customer, on=self.on, last_day=last_day, reason=reason, by=self.by)
        return self.state(customer)


register(Customer, HoldCustomers)
