"""What staff type about saved views."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.forms import RecordForm
from customerflow.saved_views.lists import kinds_of_list, tidy
from customerflow.saved_views.models import SavedView


class SavedViewForm(RecordForm):
    """How a view is called, and who sees it."""

    class Meta:
        model = SavedView
        fields = ["name", "is_shared", "list", "query"]
        widgets = {"list": forms.HiddenInput, "query": forms.HiddenInput}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["list"], self.fields["query"]

    def clean_list(self) -> str:
        """Return the name of a list that there is."""
        name = self.cleaned_data["list"]
        if not kinds_of_list(name):
            raise ValidationError(_("There is no such list."))
        return name

    def clean_query(self) -> str:
        """Return the filter and order alone."""
        return tidy(self.cleaned_data["query"])

    def save(self, commit: bool = True) -> SavedView:
        """Save the view, a new one for the person who saves. Raises `ValidationError` for a name that is taken."""
        view = self.instance
        if not view.pk:
            view.owner = self.by
        same = SavedView.objects.filter(owner=view.owner_id, list=view.list, name=view.name)
        if same.exclude(pk=view.pk).exists():
            raise ValidationError({"name": _("There is a view of this list with this name. Choose another name.")})
        return super().save(commit)
