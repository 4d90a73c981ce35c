"""The pages of suspensions: the rules, who is suspended, and the acts on one customer."""

from datetime import timedelta

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.screens import Screen
from customers.models import Customer
from suspensions.forms import HoldForm
from suspensions.holds import end_hold, hold
from suspensions.models import Policy, Suspension
from suspensions.models.policy import current_policy
from suspensions.quiet_days import why_quiet
from suspensions.returning import turn_on
from suspensions.suspending import suspend

# Of so many days to come the page of the rules says which have no cut-offs.
AHEAD = 31
USUAL_HOLD = timedelta(days=7)


class PolicyPage(Screen, TemplateView):
    """By which rules services are turned off, and on which of the next days nobody is."""

    action = "detail"
    model = Policy

    def get_template_names(self) -> list[str]:
        return ["suspensions/policy.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        policy, today = current_policy(), timezone.localdate()
        days = (today + timedelta(days=number) for number in range(AHEAD))
        quiet = [(day, name) for day in days if (name := why_quiet(policy, day))]
        update = self.link_to("update", policy.pk) if policy.pk else self.link_to("create")
        context = context | {"policy_with_parts": [policy]}
        return super().get_context_data(policy=policy, quiet=quiet, change_url=update, **context)


class SuspensionDetail(DetailScreen):
    """One suspension: for what, which services, and when they came back."""

    def get_queryset(self) -> QuerySet[Suspension]:
        return Suspension.objects.select_related("customer", "by", "ended_by").prefetch_related(
            "causes__invoice", "services__service", "services__pause"
        )


class CustomerAct(ActScreen):
    """An act on the suspension of one customer."""

    model = Customer
    form_class = forms.Form


class HoldCustomer(CustomerAct):
    """Keeping a customer from being suspended until a day."""

    permission_required = "suspensions.add_hold"
    form_class = HoldForm
    heading = _("Hold from suspension")
    explanation = _("The customer is not suspended before the day is over. Who is suspended stays so.")
    button = _("Hold")
    done = _("Held from suspension: {}.")

    def get_initial(self) -> dict[str, object]:
        return {"last_day": timezone.localdate() + USUAL_HOLD}

    def act(self, **values: object) -> None:
        hold(customer=self.object, on=timezone.localdate(), by=self.request.user, **values)


class EndHold(CustomerAct):
    """Letting the rules apply to a customer again."""

    permission_required = "suspensions.change_hold"
    heading = _("End the hold")
    explanation = _("From today on the customer is suspended like everybody else, if the rules say so.")
    button = _("End the hold")
    done = _("Held no more: {}.")

    def act(self) -> None:
        end_hold(customer=self.object, on=timezone.localdate())


class SuspendCustomer(CustomerAct):
    """Turning the services of a customer off today, who is due by the rules."""

    permission_required = "suspensions.add_suspension"
    heading = _("Suspend this customer")
    explanation = _("All services are turned off for non-payment, as by the daily step. The days stay charged.")
    button = _("Turn the services off")
    done = _("Suspended: {}.")

    def act(self) -> None:
        suspend(customer=self.object, on=timezone.localdate(), by=self.request.user)


class TurnOnCustomer(CustomerAct):
    """Turning the services of a suspended customer on, and holding further suspensions."""

    permission_required = "suspensions.change_suspension"
    form_class = HoldForm
    heading = _("Turn the services on")
    explanation = _("They come back today, whatever is owed. After the day that you name the rules apply again.")
    button = _("Turn the services on")
    done = _("Turned on: {}.")

    def get_initial(self) -> dict[str, object]:
        return {"last_day": timezone.localdate() + USUAL_HOLD}

    def act(self, *, last_day, reason: str) -> None:
        by = self.request.user
        turn_on(customer=self.object, on=timezone.localdate(), until=last_day, reason=reason, by=by)
