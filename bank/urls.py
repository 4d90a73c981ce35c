"""The addresses of this app."""

from django.urls import path

from bank import debit_views, line_acts, line_views, statement_views, tables
from bank.forms import BankAccountForm, MandateForm, ProfileForm
from bank.models import BankAccount, Collection, CollectionItem, CsvProfile, Mandate, Statement, StatementLine
from customerflow.crud import crud

app_name = "bank"
ONLY_READ = {"form": None, "create_view": None, "update_view": None, "delete_view": None, "lookup_view": None}
urlpatterns = [
    *crud(
        BankAccount,
        table=tables.BankAccountTable,
        filterset=tables.BankAccountFilter,
        form=BankAccountForm,
        delete_view=None,
    ),
    *crud(
        CsvProfile,
        table=tables.CsvProfileTable,
        filterset=tables.CsvProfileFilter,
        form=ProfileForm,
        lookup_view=None,
    ),
    *crud(
        Statement,
        table=tables.StatementTable,
        filterset=tables.StatementFilter,
        **ONLY_READ,
        detail_view=statement_views.StatementDetail,
    ),
    path("bank-statements/new/", statement_views.StatementLoad.as_view(), name="statement_create"),
    path("bank-accounts/<int:pk>/csv/", statement_views.CsvColumns.as_view(), name="csv_columns"),
    path("bank-lines/accept/", line_views.LineAccept.as_view(), name="line_accept"),
    path("bank-lines/match/", line_views.LinesMatch.as_view(), name="lines_match"),
    path("bank-lines/sure/", line_views.SureLines.as_view(), name="lines_sure"),
    *crud(
        StatementLine,
        table=tables.LineTable,
        filterset=tables.LineFilter,
        **ONLY_READ,
        list_view=line_views.LineList,
        detail_view=line_views.LineDetail,
    ),
    path("bank-lines/<int:pk>/assign/", line_acts.LineAssign.as_view(), name="line_assign"),
    path("bank-lines/<int:pk>/return/", line_acts.LineReturn.as_view(), name="line_return"),
    path("bank-lines/<int:pk>/split/", line_acts.LineSplit.as_view(), name="line_split"),
    path("bank-lines/<int:pk>/park/", line_acts.LinePark.as_view(), name="line_park"),
    path("bank-lines/<int:pk>/ignore/", line_acts.LineIgnore.as_view(), name="line_ignore"),
    path("bank-lines/<int:pk>/take-back/", line_acts.LineTakeBack.as_view(), name="line_take_back"),
    *crud(
        Mandate,
        table=tables.MandateTable,
        filterset=tables.MandateFilter,
        form=MandateForm,
        detail_view=debit_views.MandateDetail,
        delete_view=None,
        lookup_view=None,
    ),
    path("mandates/<int:pk>/revoke/", debit_views.MandateRevoke.as_view(), name="mandate_revoke"),
    path("mandates/<int:pk>/restore/", debit_views.MandateRestore.as_view(), name="mandate_restore"),
    *crud(
        Collection,
        table=tables.CollectionTable,
        filterset=tables.CollectionFilter,
        **ONLY_READ,
        detail_view=debit_views.CollectionDetail,
    ),
    path("direct-debit-runs/new/", debit_views.CollectionCreate.as_view(), name="collection_create"),
    path("direct-debit-runs/<int:pk>/confirm/", debit_views.CollectionConfirm.as_view(), name="collection_confirm"),
    path("direct-debit-runs/<int:pk>/cancel/", debit_views.CollectionCancel.as_view(), name="collection_cancel"),
    path("direct-debit-runs/<int:pk>/collect/", debit_views.CollectionCollect.as_view(), name="collection_collect"),
    path("direct-debit-runs/<int:pk>/file/", debit_views.CollectionFile.as_view(), name="collection_file"),
    *crud(CollectionItem, table=tables.DebitTable, filterset=tables.DebitFilter, **ONLY_READ, detail_view=None),
]
