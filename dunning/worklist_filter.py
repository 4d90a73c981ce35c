"""How the worklist is filtered."""

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.ageing import BUCKETS, Bucket
from customerflow.filters import ListFilter
from customerflow.lookup import find
from customers.models import Customer
from dunning.models import Assignment, Promise
from dunning.worklist import Worklist, owned_by, with_action_due, with_promise, without_action, without_owner

MINE, NOBODY = "me", "nobody"
LATE = {bucket.name: bucket for bucket in BUCKETS if bucket.least is not None}


def owners() -> list[tuple[str, object]]:
    """Return what an owner can be chosen as: oneself, nobody, or a colleague who looks after somebody."""
    assigned = Assignment.objects.filter(owner=OuterRef("pk"), ended_on=None)
    colleagues = get_user_model().objects.filter(Exists(assigned)).order_by("username")
    return [(MINE, _("Mine")), (NOBODY, _("No owner")), *((str(each.pk), str(each)) for each in colleagues)]


class WorklistFilter(ListFilter):
    """The worklist by text, customer, owner, what is planned, the promise, and by how long it is late."""

    customer = django_filters.CharFilter(label=_("Customer number"))
    owner = django_filters.ChoiceFilter(label=_("Owner"), choices=owners)
    planned = django_filters.ChoiceFilter(
        label=_("Next action"), choices=[("due", _("Due today")), ("none", _("None planned"))]
    )
    promise = django_filters.ChoiceFilter(
        label=_("Promise"), choices=[(each.value, each.label) for each in (Promise.State.OPEN, Promise.State.BROKEN)]
    )
    age = django_filters.ChoiceFilter(label=_("Late by"), choices=[(name, each.label) for name, each in LATE.items()])

    @property
    def bucket(self) -> Bucket | None:
        """The age asked about; None is every age."""
        return LATE.get(self.form.cleaned_data["age"])

    @property
    def one(self) -> Customer | None:
        """The customer asked about, if somebody has the number."""
        number = self.form.cleaned_data["customer"]
        return find(Customer.objects.all(), number) if number else None

    def filter_queryset(self, queryset: QuerySet) -> Worklist:
        text, number = (self.form.cleaned_data[name] for name in ("q", "customer"))
        chosen = queryset.search(text) if text else queryset
        if number:
            chosen = chosen.filter(pk=self.one.pk) if self.one else chosen.none()
        return Worklist(
            timezone.localdate(),
            chosen if text or number else None,
            bucket=self.bucket,
            conditions=tuple(self.conditions()),
        )

    def conditions(self) -> list[Q | Exists]:
        """Return what holds of the customers asked about."""
        today, asked = timezone.localdate(), self.form.cleaned_data
        found = {"due": with_action_due(today), "none": without_action(), "": None}
        conditions = [self._owned(asked["owner"]), found[asked["planned"]]]
        if asked["promise"]:
            conditions.append(with_promise(asked["promise"], today))
        return [condition for condition in conditions if condition is not None]

    def _owned(self, owner: str) -> Q | Exists | None:
        if owner == NOBODY:
            return without_owner()
        if not owner:
            return None
        users = get_user_model().objects
        return owned_by(self.request.user if owner == MINE else users.get(pk=owner))
