"""How the lists of rules, texts, reminders, steps and calls are filtered."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from billing.models import Email
from customerflow.filters import ListFilter, YesNoFilter
from customerflow.forms import DayInput
from customers.filters import CustomerNumberFilter
from customers.models.customer import languages
from dunning.models import Execution, Rule


def day_filters(field: str) -> tuple[django_filters.DateFilter, django_filters.DateFilter]:
    """Return the filters of a first and a last day, both included."""
    return (
        django_filters.DateFilter(label=_("From"), field_name=field, lookup_expr="gte", widget=DayInput),
        django_filters.DateFilter(label=_("To"), field_name=field, lookup_expr="lte", widget=DayInput),
    )


class RuleFilter(ListFilter):
    """Rules by name, what they do, and whether they act."""

    action = django_filters.ChoiceFilter(label=_("What happens"), choices=Rule.Action.choices)
    is_active = YesNoFilter(label=_("Active"), method="acts")

    def acts(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        """Return the rules that are switched on, or those that are not."""
        return queryset.filter(active_from__isnull=value != "true")


class TemplateFilter(ListFilter):
    """Texts by name and language."""

    language = django_filters.ChoiceFilter(label=_("Language"), choices=languages)


class NoticeFilter(ListFilter):
    """Reminders by customer, rule, day, and how far they are."""

    customer = CustomerNumberFilter()
    rule = django_filters.ModelChoiceFilter(label=_("Rule"), queryset=Rule.objects.all())
    standing = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[("to_print", _("To be printed")), ("failed", _("E-mail failed")), ("waiting", _("E-mail waiting"))],
        method="stands",
    )
    first, last = day_filters("day")

    def stands(self, queryset: QuerySet, _name: str, standing: str) -> QuerySet:
        """Return the reminders that are so far."""
        if standing == "to_print":
            return queryset.to_print()
        if standing == "failed":
            return queryset.filter(email__state=Email.State.FAILED)
        return queryset.filter(Q(email__state=Email.State.WAITING) | Q(email__state=Email.State.SENDING))


class ExecutionFilter(ListFilter):
    """Steps by invoice, customer, rule, state and day."""

    customer = CustomerNumberFilter(field_name="invoice__customer")
    rule = django_filters.ModelChoiceFilter(label=_("Rule"), queryset=Rule.objects.all())
    state = django_filters.ChoiceFilter(label=_("State"), choices=Execution.State.choices)
    first, last = day_filters("day")


class CallFilter(ListFilter):
    """Calls by customer, rule, day, and whether they are done."""

    customer = CustomerNumberFilter()
    rule = django_filters.ModelChoiceFilter(label=_("Rule"), queryset=Rule.objects.all())
    is_done = YesNoFilter(label=_("Done"), method="are_done")
    first, last = day_filters("due_on")

    def are_done(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        """Return the calls that are done, or those that are not."""
        return queryset.filter(done_at__isnull=value != "true")
