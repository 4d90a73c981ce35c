"""What staff type about rules, texts and calls."""

from decimal import Decimal
from itertools import chain

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput, NormalisedTextMixin, RecordForm
from customerflow.lookup import LookupField
from customers.models import Customer
from dunning.models import CallTask, Rule, Template
from dunning.models.template import our_language
from dunning.reminders.rules import save_rule
from dunning.variables import help_text

# The fields that only one action has.
OF_ACTION = {
    Rule.Action.REMINDER: ("template",),
    Rule.Action.CALL: (),
    Rule.Action.LATE_FEE: ("fee_amount", "fee_percent", "tax_code"),
}


class RuleForm(RecordForm):
    """A rule; what is not its action's is left empty."""

    folded = ("position",)

    class Meta:
        model = Rule
        fields = [
            "name",
            "action",
            "days",
            "least_open",
            "template",
            "fee_amount",
            "fee_percent",
            "tax_code",
            "position",
        ]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # What a rule does is what it did, and what is not about it has no field.
            for name in {"action", *chain(*(of for act, of in OF_ACTION.items() if act != self.instance.action))}:
                del self.fields[name]
        for name in {"least_open", "fee_amount", "fee_percent"} & {*self.fields}:
            self.fields[name].required = False
        if "template" not in self.fields:
            return
        # A template of another language follows from the customer's.
        offered = Q(language=our_language()) | Q(pk=self.instance.template_id)
        self.fields["template"].queryset = Template.objects.filter(offered)

    def clean_least_open(self) -> Decimal:
        return self.cleaned_data["least_open"] or Decimal(0)

    def clean_fee_amount(self) -> Decimal:
        return self.cleaned_data["fee_amount"] or Decimal(0)

    def clean_fee_percent(self) -> Decimal:
        return self.cleaned_data["fee_percent"] or Decimal(0)

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0

    def save(self, commit: bool = True) -> Rule:
        """Save the rule, through `save_rule`."""
        return save_rule(rule=self.instance, on=timezone.localdate())


class TemplateForm(RecordForm):
    """A text in one language."""

    class Meta:
        model = Template
        fields = ["name", "language", "subject", "email_text", "letter_text", "has_invoices"]
        widgets = {
            "email_text": forms.Textarea(attrs={"rows": 12}),
            "letter_text": forms.Textarea(attrs={"rows": 12}),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject"].help_text = help_text()


class PreviewForm(forms.Form):
    """For whom a text is shown."""

    customer = LookupField(Customer)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class SwitchOnForm(forms.Form):
    """From which day a rule acts."""

    active_from = forms.DateField(label=_("Acts from"), widget=DayInput, help_text=_("Today, or a day to come."))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class CallDoneForm(NormalisedTextMixin, forms.Form):
    """What came of a call."""

    result = forms.ChoiceField(label=_("Result"), choices=CallTask.Result.choices)
    note = forms.CharField(label=_("Note"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
