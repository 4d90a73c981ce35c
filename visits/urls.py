"""The addresses of this app."""

from django.urls import path

from customerflow.bulk.lists import BulkList
from customerflow.crud import crud
from visits import calendar_views, overview_views, sheet_views, views
from visits.filters import ChecklistFilter, VisitFilter
from visits.forms import ChecklistForm, VisitForm
from visits.models import Checklist, Visit
from visits.tables import ChecklistTable, VisitTable

app_name = "visits"
urlpatterns = [
    path("visits/day/", sheet_views.DaySheet.as_view(), name="day"),
    path("visits/week/", overview_views.WeekOfVisits.as_view(), name="week"),
    path("visits/calendar/", calendar_views.CalendarPage.as_view(), name="calendar"),
    path("visits/calendar/<str:token>.ics", calendar_views.calendar_feed, name="calendar_feed"),
    *crud(
        Visit,
        table=VisitTable,
        filterset=VisitFilter,
        form=VisitForm,
        list_view=views.VisitList,
        detail_view=views.VisitDetail,
        create_view=views.VisitCreate,
        update_view=views.VisitUpdate,
        delete_view=views.VisitDelete,
        lookup_view=None,
    ),
    path("visits/<int:pk>/cancel/", views.VisitCancel.as_view(), name="visit_cancel"),
    path("visits/<int:pk>/plan-again/", views.VisitTakeUp.as_view(), name="visit_take_up"),
    *crud(
        Checklist,
        table=ChecklistTable,
        filterset=ChecklistFilter,
        form=ChecklistForm,
        list_view=BulkList,
        lookup_view=None,
    ),
]
