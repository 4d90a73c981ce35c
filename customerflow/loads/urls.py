"""The addresses of the record of loads: it is read, never written, by hand."""

from customerflow.crud import crud
from customerflow.loads.models import Load
from customerflow.loads.tables import LoadFilter, LoadTable

app_name = "loads"
urlpatterns = crud(
    Load, table=LoadTable, filterset=LoadFilter, form=None, create_view=None, update_view=None, delete_view=None
)
