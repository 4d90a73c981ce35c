"""The accounts of the journal and the closed periods in the administration."""

from django.contrib import admin

from billing.journal.forms import AccountForm
from billing.models import LedgerAccount, PeriodClosing
from customerflow.administration import ReadOnlyAdmin, RecordAdmin


@admin.register(LedgerAccount)
class LedgerAccountAdmin(RecordAdmin):
    """The chart of accounts. An account is never removed: what was posted stands on it."""

    form = AccountForm
    list_display = ("number", "name", "place", "from_day")
    sortable_by = ("number",)
    is_removable = False


@admin.register(PeriodClosing)
class PeriodClosingAdmin(ReadOnlyAdmin):
    """Closed periods: closed and reopened on their pages."""

    list_display = ("__str__", "last_day", "closed_on", "postings", "debit", "reopened_on")
    sortable_by = ("last_day",)
