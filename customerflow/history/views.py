"""The pages of the record of changes."""

from django.views import generic

from customerflow.changes.models import ChangeSet
from customerflow.crud import DetailScreen
from customerflow.screens import Screen


class ChangeSetList(Screen, generic.ListView):
    """What was done, the newest first."""

    action = "list"
    model = ChangeSet
    template_name_suffix = "_list"
    paginate_by = 50


class ChangeSetDetail(DetailScreen):
    """One act, with every change in words."""

    model = ChangeSet


class ChangeSetUndo(DetailScreen):
    """What undoing would put back."""

    model = ChangeSet
