"""What the accountant types about the accounts of the journal."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.journal.chart import places
from billing.models import LedgerAccount
from customerflow.forms import DayInput, RecordForm


class AccountForm(RecordForm):
    """An account: what for, its number and name, and from which day on."""

    place = forms.ChoiceField(label=_("For"), help_text=_("What has none stands on that of what it is a part of."))

    class Meta:
        model = LedgerAccount
        fields = ["place", "number", "name", "from_day"]
        widgets = {"from_day": DayInput}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = places()
        known = {place for _group, named in self.fields["place"].choices for place, _words in named}
        if self.instance.place and self.instance.place not in known:
            self.fields["place"].choices += [(self.instance.place, self.instance.place)]
