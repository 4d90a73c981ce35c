"""What the list of saved views shows, and how it is filtered."""

from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter, YesNoFilter
from customerflow.tables import Column, Table, anchor, link


class SavedViewFilter(ListFilter):
    """Saved views by name, and whether they are shared."""

    is_shared = YesNoFilter(label=_("Shared"))


class SavedViewTable(Table):
    """The views that one sees."""

    columns = (
        Column("name", _("Name"), cell=lambda view: link(view, view.name), sort="name"),
        Column("list", _("List"), value=lambda view: view.kinds, cell=lambda view: anchor(view.address, view.kinds)),
        Column("is_shared", _("Shared")),
        Column("owner", _("Owner")),
    )
    select_related = ("owner",)
    order = "name"
