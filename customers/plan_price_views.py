"""Another price of a plan: what it would do, who is left out, and then a bulk edit that does it."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.bulk.lists import KEY
from customerflow.bulk.selection import check, choose
from customers.models import Plan
from customers.plan_price_acts import ChangePlanPrice
from customers.plan_price_forms import PlanPriceForm, change_of
from customers.plan_prices import affected, effect

# So many services are shown with a box to leave them out; of more, it is done in the list of services.
SHOWN = 100


class PlanPriceScreen(ActScreen):
    """Changing what those pay who have a plan."""

    model = Plan
    permission_required = "customers.add_pricechange"
    form_class = PlanPriceForm
    heading = _("Change the price of this plan")
    explanation = _(
        "First it is shown who is affected. Who takes the plan up after it is done pays the new price at once; until "
        "the day, all of it can be undone."
    )
    button = _("Show what it does")

    def get_template_names(self) -> list[str]:
        return ["customers/plan_price.html"]

    def get_initial(self) -> dict[str, object]:
        return {"price": self.object.price, "old_price": self.object.price, "effective_on": timezone.localdate()}

    def form_valid(self, form: PlanPriceForm) -> HttpResponse:
        if self.is_stale():
            form.add_error(None, self.stale_text)
            return self.form_invalid(form)
        if "go" in self.request.POST:
            return self.begin()
        change = change_of(form.cleaned_data)
        services = affected(self.object, change).select_related("location__customer")
        # Those that are not like the others come first.
        shown = list(services.order_by("-is_own", "-is_bound", "pk")[: SHOWN + 1])
        whole = effect(self.object, change)
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
