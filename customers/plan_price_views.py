"""Another price of a plan: what it would do, who is left out, a bulk edit that does it, and its page."""

import django_filters
from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import models
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.bulk.lists import KEY
from customerflow.bulk.selection import check, choose
from customerflow.crud import DetailScreen
from customerflow.filters import ListFilter
from customerflow.tables import Column, Table, link, states
from customers.models import Plan, PlanPriceChange
from customers.plan_price_acts import ChangePlanPrice
from customers.plan_price_forms import PlanPriceForm, change_of
from customers.plan_prices import affected, cancel_plan_price, changed_since, effect

# So many services are shown with a box to leave them out; of more, it is done in the list of services.
SHOWN = 100

STATES = states(PlanPriceChange.Status, {"announced": "new", "in_force": "active"})


class PlanPriceScreen(ActScreen):
    """Changing what those pay who have a plan."""

    model = Plan
    permission_required = "customers.add_pricechange"
    form_class = PlanPriceForm
    heading = _("Change the price of this plan")
    explanation = _(
        "First it is shown who is affected. Who takes the plan up after it is done pays the new price at once; until "
        "the day, all of it can be cancelled."
    )
    button = _("Show what it does")

    def get_template_names(self) -> list[str]:
        return ["customers/plan_price.html"]

    def get_initial(self) -> dict[str, object]:
        today, price = timezone.localdate(), self.object.price
        return {"price": price, "old_price": price, "effective_on": today, "notice_on": today}

    def form_valid(self, form: PlanPriceForm) -> HttpResponse:
        if self.is_stale():
            form.add_error(None, self.stale_text)
            return self.form_invalid(form)
        if "go" in self.request.POST:
            return self.begin()
        change = change_of(self.object, form.cleaned_data, by=self.request.user, at=timezone.now())
        services = affected(change).select_related("location__customer")
        # Those that are not like the others come first.
        shown = list(services.order_by("-is_own", "-is_bound", "pk")[: SHOWN + 1])
        whole = effect(change)
        context = {"effect": whole, "chosen": whole.chosen(change), "change": change, "services": shown[:SHOWN]}
        return self.render_to_response(self.get_context_data(form=form, has_more=len(shown) > SHOWN, **context))

    def begin(self) -> HttpResponse:
        """Make a bulk edit of the services that are not left out, try it, and go to its page."""
        left_out = self.request.POST.getlist("left_out")
        if not all(map(KEY.fullmatch, left_out)) or len(left_out) > SHOWN:
            raise BadRequest
        rows = self.object.services.exclude(pk__in=left_out)
        job = choose(ChangePlanPrice, rows, by=self.request.user, back=self.object.get_absolute_url())
        if job is None:
            messages.warning(self.request, _now("No service of this plan is left to change."))
            return redirect(self.object)
        typed: QueryDict = self.request.POST
        check(job, typed)
        return redirect(job)


def standing(change: PlanPriceChange) -> str:
    """Return in words how the change of a plan's price stands today."""
    return str(change.status(timezone.localdate()).label)


def state(change: PlanPriceChange) -> str:
    """Return how it stands today as a word with a shape."""
    return STATES(change.status(timezone.localdate()))


class PlanPriceChangeTable(Table):
    """The list of what was announced."""

    columns = (
        Column("plan", _("Plan"), cell=lambda change: link(change, change.plan)),
        Column("price", _("New monthly price"), css="num"),
        Column("notice_on", _("Notice given on"), css="num"),
        Column("effective_on", _("From"), sort="effective_on", css="num"),
        Column("reason", _("Reason")),
        Column("state", _("State"), value=standing, cell=state),
    )
    select_related = ("plan",)
    order = "-effective_on"


class PlanPriceChangeFilter(ListFilter):
    """Price changes of plans by plan and state."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=PlanPriceChange.Status.choices, method="standing")

    def standing(self, queryset, _name: str, status: str):
        """Return those that have this state today."""
        return getattr(queryset, status)(timezone.localdate())


class PlanPriceChangeDetail(DetailScreen):
    """What was announced, how it stands, whose price changes, and where somebody has changed that again since."""

    def get_queryset(self) -> models.QuerySet:
        return PlanPriceChange.objects.select_related("plan", "announced_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        change = self.object
        by_hand = changed_since(change)
        prices = change.prices.exclude(pk__in=by_hand.order_by().values("pk")).order_by("pk")
        prices = prices.select_related("service__location__customer")
        return super().get_context_data(
            state=state(change),
            is_announced=change.status(timezone.localdate()) == change.Status.ANNOUNCED,
            number=prices.count(),
            prices=prices[:SHOWN],
            number_by_hand=by_hand.count(),
            by_hand=by_hand[:SHOWN],
            **context,
        )


class PlanPriceChangeCancel(ActScreen):
    """Taking an announced price back."""

    model = PlanPriceChange
    permission_required = "customers.change_planpricechange"
    form_class = forms.Form
    heading = _("Cancel this price change")
    explanation = _(
        "The plan and its services cost what they would have cost without it. Prices that were changed again by hand "
        "stay as they are."
    )
    button = _("Cancel the price change")
    done = _("Cancelled: {}.")

    def act(self) -> PlanPriceChange:
        return cancel_plan_price(change=self.object, on=timezone.localdate())
