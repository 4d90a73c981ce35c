"""What the lists of comparisons and of their customers show."""

import django_filters
from django.db import models
from django.db.models import F
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter, YesNoFilter
from customerflow.tables import Column, Table, link, state
from customers.filters import CustomerNumberFilter
from shadow.models import ShadowItem, ShadowRun

SHAPES = {"running": "new", "done": "active", "moving": "new", "live": "active"}
OUTCOMES = {"equal": "active", "differs": "bad", "only_there": "bad", "only_here": "bad", "not_billable": "bad"}


def run_state(run: ShadowRun) -> SafeString:
    """Return how far a comparison is as a word with a shape."""
    return state(run.get_state_display(), SHAPES[run.state])


def item_outcome(item: ShadowItem) -> SafeString:
    """Return what the comparison found as a word with a shape; what is accepted is not bad."""
    shape = "off" if item.accepted_at and item.outcome != "equal" else OUTCOMES[item.outcome]
    return state(item.get_outcome_display(), shape)


def because(item: ShadowItem) -> str:
    """Return in what a customer's bills differ, and why that was accepted."""
    said = " ".join(item.reasons)
    if item.balance_there != item.balance_here:
        said = f"{said} {_('What is owed differs.')}".strip()
    return f"{said} {_('Accepted:')} {item.accepted_because}".strip() if item.accepted_at else said


def because_cell(item: ShadowItem) -> SafeString:
    """Return the same, a line for each sentence."""
    said = [*item.reasons]
    said += [_("What is owed differs.")] if item.balance_there != item.balance_here else []
    said += [f"{_('Accepted:')} {item.accepted_because}"] if item.accepted_at else []
    return format_html_join("", "<div>{}</div>", ((sentence,) for sentence in said))


class ShadowRunTable(Table):
    """The list of comparisons."""

    columns = (
        Column("run", _("Comparison"), value=str, cell=link, sort="pk"),
        Column("first_day", _("Cycles from"), value=lambda run: str(run.first_day), css="num"),
        Column("last_day", _("To"), value=lambda run: str(run.last_day), css="num"),
        Column("state", _("State"), value=ShadowRun.get_state_display, cell=run_state),
        Column("started_at", _("Started"), value=lambda run: f"{run.started_at:%Y-%m-%d %H:%M}", css="num"),
        Column("started_by", _("Started by"), value=lambda run: str(run.started_by or _("Command line"))),
    )
    select_related = ("started_by",)
    order = "-run"


class ShadowRunFilter(ListFilter):
    """Comparisons by their state."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=ShadowRun.State.choices)


class ShadowItemTable(Table):
    """What a comparison found, customer by customer."""

    columns = (
        Column(
            "customer",
            _("Customer"),
            value=lambda item: str(item.customer),
            cell=lambda item: link(item, item.customer),
            sort="pk",
        ),
        Column("outcome", _("Outcome"), value=ShadowItem.get_outcome_display, cell=item_outcome),
        Column("there", _("Billed there"), css="num"),
        Column("here", _("Billed here"), css="num"),
        Column("because", _("Because"), value=because, cell=because_cell),
        Column("balance_there", _("Owed there"), css="num"),
        Column("balance_here", _("Owed here"), css="num"),
    )
    select_related = ("run", "customer")
    order = "customer"


class ShadowItemFilter(ListFilter):
    """Compared customers, by the comparison, what it found, and whether that is in the way of going live."""

    run = django_filters.ModelChoiceFilter(label=_("Comparison"), queryset=ShadowRun.objects.order_by("-pk"))
    customer = CustomerNumberFilter()
    outcome = django_filters.ChoiceFilter(label=_("Outcome"), choices=ShadowItem.Outcome.choices)
    in_the_way = YesNoFilter(label=_("To be put right or accepted"), method="is_in_the_way")
    owed = YesNoFilter(label=_("What is owed differs"), method="owed_differs")

    def is_in_the_way(self, items: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Return what has to be put right or accepted, or the rest."""
        found = items.in_the_way()
        return found if value else items.exclude(pk__in=found.values("pk"))

    def owed_differs(self, items: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Return those of whom both systems say another balance, or the same."""
        same = {"balance_there": F("balance_here")}
        return items.exclude(**same) if value else items.filter(**same)
