"""Whether the journal of each closed period is still what it was when the books were closed."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext_lazy as _

from billing.books.check import Check, Violation
from billing.models import PeriodClosing
from billing.periods.closing import journal_of


def _changed(_on: date) -> Iterator[Violation]:
    for closing in PeriodClosing.objects.standing().order_by("last_day"):
        kept, now = (closing.digest, closing.postings, closing.debit), journal_of(closing)
        if kept != now:
            yield closing.pk, closing.postings if closing.is_sealed else "–", now[1]


CHECKS = (
    Check(
        "closed-periods",
        _("The journal of a closed period is as it was when the books were closed."),
        _("Compare it with the file that the accountant has; where it has no digest yet, run manage.py daily."),
        "billing.periodclosing",
        _("It had %(first)s postings, and has %(second)s; days, amounts or places differ."),
        find=_changed,
    ),
)
