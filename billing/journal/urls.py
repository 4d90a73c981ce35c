"""The addresses of the journal, its accounts and the closed periods, under those of billing."""

from django.urls import path

from billing.journal.forms import AccountForm
from billing.journal.tables import AccountFilter, AccountTable
from billing.journal.views import AccountDetail, JournalPage, PostingList
from billing.models import LedgerAccount, PeriodClosing
from billing.periods import views as periods
from customerflow.crud import crud

urlpatterns = [
    path("journal/", JournalPage.as_view(), name="journal"),
    path("journal/postings/", PostingList.as_view(), name="postings"),
    *crud(
        LedgerAccount,
        table=AccountTable,
        filterset=AccountFilter,
        form=AccountForm,
        detail_view=AccountDetail,
        lookup_view=None,
        delete_view=None,
    ),
    *crud(
        PeriodClosing,
        table=periods.PeriodTable,
        filterset=periods.PeriodFilter,
        form=None,
        list_view=periods.PeriodList,
        detail_view=periods.PeriodDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
        lookup_view=None,
    ),
    path("closed-periods/close/", periods.PeriodClose.as_view(), name="period_close"),
    path("closed-periods/<int:pk>/reopen/", periods.PeriodReopen.as_view(), name="period_reopen"),
]
