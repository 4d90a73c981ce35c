"""Number series in the administration: moved only by taking numbers, so that none is given out twice."""

from django.contrib import admin

from customerflow.administration import ReadOnlyAdmin
from customerflow.series.models import NumberSeries


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnlyAdmin):
    """Where each series stands."""

    list_display = fields = ("name", "next_number")
    ordering = ("name",)
    # There are a handful.
    search_fields = ()
    view_on_site = False
