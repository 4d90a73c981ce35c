"""Closing the books up to a day, keeping what their journal is like, and reopening them."""

from datetime import date, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason
from billing.journal.postings import Postings, digest_of
from billing.models import PeriodClosing
from billing.periods.locking import close_alone
from customerflow.changes.recording import recorded


@recorded(_("Period closed"))
def close_period(*, last_day: date, on: date, by: AbstractBaseUser | None = None) -> PeriodClosing:
    """
    Close the books up to `last_day`, included, and return the closed period, which begins after the one before it.

    Nothing is posted on or before that day any more; `on` is today, which stays open. Afterwards, when nothing can
    change any more, `seal_period` takes down what the journal is like: meanwhile others may post again. Raises
    `ValidationError`, keyed by field.
    """
    close_alone()
    closed = PeriodClosing.objects.closed_to()
    if last_day >= on:
        raise ValidationError({"last_day": _("This day is not over: close the books up to yesterday at the latest.")})
    if closed and last_day <= closed:
        raise ValidationError({"last_day": _("The books are closed up to %(day)s already.") % {"day": closed}})
    first_day = closed + timedelta(days=1) if closed else None
    return PeriodClosing.objects.create(first_day=first_day, last_day=last_day, closed_on=on, closed_by=by)


@recorded(_("Journal of a closed period taken down"))
def seal_period(*, closing: PeriodClosing) -> PeriodClosing:
    """Keep what tells the journal of a closed period from any other, once, and return the period as it is then."""
    closing = PeriodClosing.objects.select_for_update(of=("self",)).get(pk=closing.pk)
    if not closing.is_sealed and not closing.is_reopened:
        closing.digest, closing.postings, closing.debit = journal_of(closing)
        closing.save(update_fields=["digest", "postings", "debit"])
    return closing


@recorded(_("Period reopened"))
def reopen_period(
    *, closing: PeriodClosing, reason: str, on: date, by: AbstractBaseUser | None = None
) -> PeriodClosing:
    """
    Open a closed period again, with a reason, and return it as it is then; it stays on record.

    Raises `ValidationError`, keyed by field, where it is open already, or a later one is closed.
    """
    close_alone()
    closing = PeriodClosing.objects.select_for_update(of=("self",)).get(pk=closing.pk)
    if closing.is_reopened:
        raise ValidationError({"closing": _("This period has been reopened already.")})
    if (last := PeriodClosing.objects.closed_to()) != closing.last_day:
        raise ValidationError({"closing": _("The books are closed up to %(day)s: reopen that first.") % {"day": last}})
    closing.reopen_reason = check_reason(reason)
    closing.reopened_on, closing.reopened_by = on, by
    closing.save(update_fields=["reopened_on", "reopened_by", "reopen_reason"])
    return closing


def journal_of(closing: PeriodClosing) -> tuple[str, int, object]:
    """Return the digest, the number of postings and the sum of the debits of the journal of a closed period."""
    return digest_of(Postings(closing.first_day, closing.last_day).sums())


def unsealed() -> list[PeriodClosing]:
    """Return the closed periods of which it is not on record yet what their journal is like."""
    return list(PeriodClosing.objects.standing().filter(digest="").order_by("last_day"))
