"""Within which working time tickets are answered and solved."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import between, text_fits
from customerflow.records import Record, page_of_record
from customers.models import Plan
from tickets.models.calendar import Calendar
from tickets.models.priority import Priority
from tickets.models.ticket_type import TicketType
from tickets.sla.clock import StepKind, Targets

# Ninety days around the clock.
MOST_MINUTES = 60 * 24 * 90
STEPS = {StepKind.FIRST: "first_minutes", StepKind.NEXT: "next_minutes", StepKind.SOLUTION: "solution_minutes"}


class SlaPolicyQuerySet(models.QuerySet):
    """Policies, chosen. There are few."""

    def in_force(self) -> "SlaPolicyQuerySet":
        """Return those that are switched on, in their order, with what they are chosen and measured by."""
        return self.filter(is_on=True).select_related("calendar").prefetch_related("types", "plans")

    def search(self, text: str) -> "SlaPolicyQuerySet":
        """Return the policies whose name has `text` in it."""
        return self.filter(name__icontains=text)


def minutes_field(label: str, help_text: str = "") -> models.PositiveIntegerField:
    """Return the field of a target."""
    return models.PositiveIntegerField(
        label,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)],
        help_text=help_text,
    )


class SlaPolicy(Record):
    """
    The targets of the tickets that it is for, in working minutes of a calendar.

    Of several that match a ticket the first in order holds. What names no type is for every type; so are priorities
    and plans.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveSmallIntegerField(
        _("order"), default=0, db_index=True, help_text=_("The first policy that matches a ticket holds.")
    )
    is_on = models.BooleanField(
        _("in force"), default=False, help_text=_("Its page shows which tickets it is for, before it is.")
    )
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="policies", verbose_name=_("calendar"))
    types = models.ManyToManyField(TicketType, blank=True, verbose_name=_("types"), help_text=_("None: every type."))
    priorities = models.CharField(_("priorities"), max_length=100, blank=True, help_text=_("None: every priority."))
    plans = models.ManyToManyField(
        Plan, blank=True, verbose_name=_("plans"), help_text=_("Of the service that the ticket is about. None: any.")
    )
    first_minutes = minutes_field(_("first response"), _("In minutes of working time. Empty: not measured."))
    next_minutes = minutes_field(_("next response"), _("After a message of the customer."))
    solution_minutes = minutes_field(_("solution"), _("Until the ticket is resolved or closed."))
    warning_minutes = models.PositiveIntegerField(
        _("warning"),
        default=30,
        validators=[MaxValueValidator(MOST_MINUTES)],
        help_text=_("So many minutes of working time before the deadline a ticket is due soon."),
    )

    objects = SlaPolicyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")
        constraints = [
            text_fits("name", 100, shortest=1),
            *(between(field, 1, MOST_MINUTES) for field in STEPS.values()),
            between("warning_minutes", 0, MOST_MINUTES),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:slapolicy_detail", self.pk)

    def clean(self) -> None:
        """Raise `ValidationError` for a policy without targets, or with a priority that there is not."""
        super().clean()
        if all(getattr(self, field) is None for field in STEPS.values()):
            raise ValidationError(_t("Give at least one target."))
        if unknown := set(self.priority_values) - set(Priority.values):
            raise ValidationError({"priorities": _t("There is no priority %(name)s.") % {"name": sorted(unknown)[0]}})

    @property
    def priority_values(self) -> list[str]:
        """The values of the priorities that it is for; none for all."""
        return [value for value in self.priorities.split(",") if value]

    @property
    def priority_labels(self) -> str:
        """The priorities that it is for, in words."""
        return ", ".join(str(Priority(value).label) for value in self.priority_values)

    @property
    def targets(self) -> Targets:
        """Its targets as the clock reads them."""
        minutes = {kind: getattr(self, field) for kind, field in STEPS.items()}
        within = {kind: timedelta(minutes=number) for kind, number in minutes.items() if number}
        return Targets(within, timedelta(minutes=self.warning_minutes))

    def is_for(self, *, type_id: int, priority: str, plan_id: int | None) -> bool:
        """Say whether it is for such a ticket; `types` and `plans` are to be loaded."""
        types, plans = ({each.pk for each in chosen.all()} for chosen in (self.types, self.plans))
        return (
            (not types or type_id in types)
            and (not self.priorities or priority in self.priority_values)
            and (not plans or plan_id in plans)
        )

    @property
    def says_for_what(self) -> str:
        """What it is for, in words."""
        named = [
            (_t("type"), ", ".join(each.name for each in self.types.all())),
            (_t("priority"), self.priority_labels),
            (_t("plan"), ", ".join(each.name for each in self.plans.all())),
        ]
        return "; ".join(f"{label}: {values}" for label, values in named if values) or _t("every ticket")

    @property
    def condition(self) -> Q:
        """The same as a condition on tickets."""
        types, plans = ([each.pk for each in chosen.all()] for chosen in (self.types, self.plans))
        condition = Q(type__in=types) if types else Q()
        condition &= Q(priority__in=self.priority_values) if self.priorities else Q()
        return condition & (Q(service__plan__in=plans) if plans else Q())
