"""What the list of loads shows, and how it is filtered."""

from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter
from customerflow.tables import Column, Table


class LoadTable(Table):
    """The list of loads."""

    columns = (
        Column("pk", _("Number"), sort="pk"),
        Column("file_name", _("File")),
        Column("kind", _("Kind")),
        Column("loaded_at", _("Loaded at"), css="num"),
        Column("loaded_by", _("By"), value=lambda load: load.loaded_by or _("Command line")),
        Column("created", _("Created"), css="num"),
        Column("changed", _("Changed"), css="num"),
        Column("unchanged", _("Unchanged"), css="num"),
        Column("refused", _("Refused"), css="num"),
    )
    select_related = ("loaded_by",)
    order = "-pk"


class LoadFilter(ListFilter):
    """Loads by file name or checksum."""
