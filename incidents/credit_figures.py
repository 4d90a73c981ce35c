"""What an incident gives back, by how it stands: numbers and sums, before tax."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils.http import urlencode

from customerflow.money import ZERO
from incidents.models import Credit, Incident


@dataclass(frozen=True)
class Figure:
    """How many credits stand alike, what they come to, and the list of them."""

    state: Credit.State
    count: int
    amount: Decimal
    address: str


def figures_of(incident: Incident) -> list[Figure]:
    """Return the figures of each state that there is any of; two queries."""
    given = Credit.State.POSTED
    rows = {state: (count, amount) for state, count, amount in _sums(incident.credits.all())}
    voided = incident.credits.voided().aggregate(count=Count("pk"), amount=Sum("amount"))
    if voided["count"]:
        count, amount = rows[given]
        before, back = rows.get(Credit.State.TAKEN_BACK, (0, ZERO))
        rows[given] = (count - voided["count"], amount - voided["amount"])
        rows[Credit.State.TAKEN_BACK] = (before + voided["count"], back + voided["amount"])
    return [
        Figure(state, *rows[state], _address(incident, state))
        for state in Credit.State
        if state in rows and rows[state][0]
    ]


def _sums(credits: QuerySet) -> QuerySet:
    return credits.order_by().values_list("state").annotate(Count("pk"), Sum("amount"))


def _address(incident: Incident, state: Credit.State) -> str:
    query = urlencode({"incident": incident.number, "state": state.value})
    return f"{reverse('incidents:credit_list')}?{query}"
