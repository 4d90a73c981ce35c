"""The rows behind the figures of the help desk: rounds of tickets, and steps that were taken."""

from datetime import date

from django.db.models import Q, QuerySet

from reports.support.figures import IN_TARGET, TOO_LATE, UNFINISHED, WITH_TARGET
from reports.support.periods import Period
from reports.support.splits import Part
from tickets.models import TicketRound, TicketStep

HOW = {
    WITH_TARGET: Q(is_in_target__isnull=False),
    IN_TARGET: Q(is_in_target=True),
    TOO_LATE: Q(is_in_target=False),
}


def rounds_that(what: str, first: date, last: date, part: Part | None) -> QuerySet[TicketRound]:
    """Return the rounds that began or ended so from one day to another, or were unfinished at the end of the last."""
    days = Period(first, last)
    if what == UNFINISHED:
        rounds = TicketRound.objects.filter(Q(finished_at=None) | Q(finished_at__gte=days.until))
        rounds, agent = rounds.filter(began_at__lt=days.until), "ticket__assignee"
    elif what in TicketRound.Ended.values:
        rounds = TicketRound.objects.filter(ended=what, finished_at__gte=days.since, finished_at__lt=days.until)
        agent = "finished_by"
    else:
        rounds = TicketRound.objects.filter(began=what, began_at__gte=days.since, began_at__lt=days.until)
        agent = "began_by"
    return rounds.filter(part.condition(agent)) if part else rounds


def steps_that(kind: str, how: str, first: date, last: date, part: Part | None) -> QuerySet[TicketStep]:
    """Return the steps of a kind that were taken so from one day to another, both included."""
    days = Period(first, last)
    steps = TicketStep.objects.filter(kind=kind, done_at__gte=days.since, done_at__lt=days.until)
    steps = steps.filter(HOW.get(how, Q()))
    return steps.filter(part.condition("done_by")) if part else steps
