"""The numbers of documents: one series for each kind and year, without gaps."""

from datetime import date

from django.db import models

from billing.models import CreditNote, Invoice
from customerflow.series.models import NumberSeries


def invoice_numbers(count: int, on: date) -> list[str]:
    """Return the next `count` numbers of the year's series of invoices, such as "2026-000001"."""
    return _next("invoice", "", Invoice.objects.filter(origin=""), count, on)


def credit_note_numbers(count: int, on: date) -> list[str]:
    """Return the next `count` numbers of the year's series of credit notes, such as "C2026-000001"."""
    return _next("credit-note", "C", CreditNote.objects.all(), count, on)


def _next(name: str, prefix: str, documents: models.QuerySet, count: int, on: date) -> list[str]:
    """Return numbers that none of `documents` has; the series stays locked until the transaction ends."""
    free: list[str] = []
    while missing := count - len(free):
        taken_from_series = NumberSeries.objects.take(f"{name}-{on.year}", missing)
        numbers = [f"{prefix}{on.year}-{number:06d}" for number in taken_from_series]
        taken = set(documents.filter(number__in=numbers).values_list("number", flat=True))
        free += [number for number in numbers if number not in taken]
    return free
