"""The week, or a day, of all technicians."""

from datetime import timedelta

from django.http import QueryDict
from django.utils import timezone
from django.views import generic

from customerflow.screens import Screen
from visits.forms import WeekForm
from visits.models import Visit
from visits.overview import WEEK, days_of, overview


class WeekOfVisits(Screen, generic.TemplateView):
    """Who has what on which day, for whoever plans: the visits, and the windows that are free."""

    model = Visit
    action = "list"

    def get_template_names(self) -> list[str]:
        return ["visits/week.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        today = timezone.localdate()
        form = WeekForm(self.request.GET or None, initial={"on": today})
        asked = form.cleaned_data if form.is_valid() else {}
        on, number = asked.get("on") or today, int(asked.get("days") or WEEK)
        days = days_of(on, number)
        shown = overview(days, technician=asked.get("technician"))

        def beside(offset: int) -> str:
            query = QueryDict(mutable=True)
            query.update({**self.request.GET.dict(), "on": (days[0] + timedelta(days=offset)).isoformat()})
            return f"?{query.urlencode()}"

        addresses = {"previous_url": beside(-number), "next_url": beside(number)}
        return super().get_context_data(form=form, overview=shown, today=today, **addresses, **context)
