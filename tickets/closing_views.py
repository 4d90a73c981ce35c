"""Closing rules: what each would close, and switching it on and off."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.paging import COUNT_LIMIT
from tickets.closing import closed_by, switch
from tickets.models import ClosingRule
from tickets.tables import WaitingTable

SHOWN = 50


class ClosingRuleDetail(DetailScreen):
    """A rule, and a dry run of it: the tickets that it closes with the next daily step, or would."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        rows = closed_by(self.object, timezone.now())
        count = rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
        return super().get_context_data(
            count=min(count, COUNT_LIMIT),
            limit=COUNT_LIMIT,
            table=WaitingTable(WaitingTable.prepare(rows.order_by("pk"))[:SHOWN]),
            **context,
        )


class ClosingRuleOn(ActScreen):
    """Letting a rule act."""

    model = ClosingRule
    form_class = forms.Form
    heading = _("Switch this rule on")
    explanation = _("The tickets that its page lists are closed with the next daily step.")
    button = _("Switch on")
    done = _("Switched on: {}.")

    def act(self) -> ClosingRule:
        return switch(rule=self.object, is_on=True)


class ClosingRuleOff(ActScreen):
    """Letting a rule act no more."""

    model = ClosingRule
    form_class = forms.Form
    heading = _("Switch this rule off")
    explanation = _("What it closed stays closed.")
    button = _("Switch off")
    done = _("Switched off: {}.")

    def act(self) -> ClosingRule:
        return switch(rule=self.object, is_on=False)
