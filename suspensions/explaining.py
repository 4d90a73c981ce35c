"""Why a customer is suspended, or is not: each rule with its value, in sentences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.overdue import days_late
from customerflow.money import format_money
from suspensions.cases import Case, amount_of, least_of


@dataclass(frozen=True)
class Condition:
    """One rule: whether it lets a suspension happen, and why, in a sentence that is made when it is asked for."""

    is_met: bool
    say: Callable[[Case], str]
    # Of the calendar alone: another day it is met.
    is_of_the_day: bool = False


def conditions(case: Case) -> Iterator[Condition]:
    """Yield every rule as it is for `case`; a suspension happens where all are met."""
    if case.suspension:
        yield Condition(False, _suspended_text)
    yield Condition(bool(case.late) and amount_of(case.past_grace) >= least_of(case.policy), _money_text)
    if any(invoice.is_promised for invoice in case.past_grace):
        yield Condition(case.has_reason, _promise_text)
    if case.suspension:
        # What would hold off another one does not matter.
        return
    if case.hold:
        yield Condition(False, _hold_text)
    days = case.policy.days_after_reminder
    if days is not None and case.counted:
        is_met = case.reminded_on is not None and (case.on - case.reminded_on).days >= days
        yield Condition(is_met, _reminder_text)
    yield Condition(bool(case.services), _services_text)
    if case.quiet:
        yield Condition(False, _day_text, is_of_the_day=True)


def is_due(case: Case) -> bool:
    """Return whether the customer is to be suspended on the day."""
    return all(condition.is_met for condition in conditions(case))


def is_due_soon(case: Case) -> bool:
    """Return whether the customer is to be suspended on the day, or on the next one that has cut-offs."""
    return all(condition.is_met or condition.is_of_the_day for condition in conditions(case))


def refusals(case: Case) -> list[str]:
    """Return why the customer is not to be suspended on the day; nothing where they are."""
    return [condition.say(case) for condition in conditions(case) if not condition.is_met]


def standing_reasons(case: Case) -> list[str]:
    """Return why the customer is not to be suspended, whatever day of the calendar it is."""
    return [condition.say(case) for condition in conditions(case) if not (condition.is_met or condition.is_of_the_day)]


def sentences(case: Case) -> list[tuple[bool, str]]:
    """Return of every rule whether it lets a suspension happen, and why."""
    return [(condition.is_met, condition.say(case)) for condition in conditions(case)]


def _suspended_text(case: Case) -> str:
    return _("Suspended since %(day)s.") % {"day": case.suspension.began_on}


def _money_text(case: Case) -> str:
    if not case.late:
        return _("Nothing is overdue.")
    oldest, policy = case.late[0], case.policy
    days = days_late(oldest.due_on, case.on)
    since = ngettext("Overdue %(amount)s since %(days)d day;", "Overdue %(amount)s since %(days)d days;", days)
    grace = ngettext("grace %(days)d day: from %(day)s.", "grace %(days)d days: from %(day)s.", policy.grace_days)
    text = since % {"amount": format_money(case.overdue), "days": days}
    text += " " + grace % {"days": policy.grace_days, "day": policy.counts_from(oldest.due_on)}
    past, least = amount_of(case.past_grace), least_of(policy)
    if 0 < past < least:
        amounts = {"past": format_money(past), "least": format_money(least)}
        text += " " + _("Of it %(past)s is past the grace, less than the least amount of %(least)s.") % amounts
    return text


def _promise_text(case: Case) -> str:
    promised = [invoice for invoice in case.past_grace if invoice.is_promised]
    values = {
        "amount": format_money(amount_of(promised)),
        "numbers": ", ".join(invoice.number for invoice in promised),
        "rest": format_money(case.amount),
    }
    return _("%(amount)s of it is promised (%(numbers)s) and does not count; %(rest)s is left.") % values


def _hold_text(case: Case) -> str:
    hold = case.hold
    text = _("Held until %(day)s by %(by)s: %(reason)s") if hold.made_by else _("Held until %(day)s: %(reason)s")
    return text % {"day": hold.last_day, "by": hold.made_by, "reason": hold.reason}


def _reminder_text(case: Case) -> str:
    if case.reminded_on is None:
        return _("No reminder of it has gone out.")
    days = case.policy.days_after_reminder
    text = ngettext(
        "The first reminder went out on %(day)s; %(days)d day must pass after it.",
        "The first reminder went out on %(day)s; %(days)d days must pass after it.",
        days,
    )
    return text % {"day": case.reminded_on, "days": days}


def _services_text(case: Case) -> str:
    number = len(case.services)
    if not number:
        return _("No service is on.")
    return ngettext("%(number)d service is on.", "%(number)d services are on.", number) % {"number": number}


def _day_text(case: Case) -> str:
    return _("%(day)s is a day without cut-offs: %(name)s.") % {"day": case.on, "name": case.quiet}
