"""The addresses of this app."""

from django.urls import path

from reports.figures import REPORTS
from reports.leaks import urls as leaks
from reports.support.cost_pages import CostList
from reports.support.figures import ADDRESSES
from reports.support.pages import ALL_REPORTS, RoundList, StepList, SupportPage
from reports.views import CHURN, ChurnList, RecurringList, ReportPage, TaxList

app_name = "reports"
urlpatterns = [
    *(path(f"reports/{each.slug}/", ReportPage.as_view(report=each), name=each.slug) for each in REPORTS),
    path("reports/recurring/rows/", RecurringList.as_view(), name="recurring_rows"),
    path("reports/tax/rows/", TaxList.as_view(), name="tax_rows"),
    *(
        path(
            f"reports/churn/{name.removeprefix('churn_')}/",
            ChurnList.as_view(model=model, table_class=table),
            name=name,
        )
        for name, (model, table) in CHURN.items()
    ),
    *(
        path(f"reports/{ADDRESSES[each.slug]}/", SupportPage.as_view(report=each), name=each.slug)
        for each in ALL_REPORTS
    ),
    path("reports/support-cost/customers/", CostList.as_view(), name="support_cost_customers"),
    path("reports/tickets/rows/", RoundList.as_view(), name="rounds"),
    path("reports/responses/rows/", StepList.as_view(), name="steps"),
    *leaks.urlpatterns,
]
