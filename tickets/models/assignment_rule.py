"""Rules that say who looks after a ticket that is opened."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customerflow.records import Record, page_of_record
from customers.models import Area, Plan
from tickets.models.ticket_type import TicketType

CONDITIONS = ("types", "plans", "areas")


class AssignmentRuleQuerySet(models.QuerySet):
    """Rules, chosen. There are few."""

    def in_force(self) -> "AssignmentRuleQuerySet":
        """Return those that are switched on, in their order, with what they are chosen by and give to."""
        return self.filter(is_on=True).select_related("group").prefetch_related(*CONDITIONS)

    def search(self, text: str) -> "AssignmentRuleQuerySet":
        """Return those in whose name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(name__icontains=word)
        return found


class AssignmentRule(Record):
    """
    To which group a ticket is given that is opened, and to whom in it.

    Of several that match a ticket the first in order holds. What names no type is for every type; so are plans and
    areas. What was given by hand no rule changes.
    """

    class Whom(models.TextChoices):
        NOBODY = "nobody", _("Nobody: whoever takes it")
        IN_TURN = "in_turn", _("Its members in turn")
        PERSON = "person", _("Always this person")

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveSmallIntegerField(
        _("order"), default=0, db_index=True, help_text=_("The first rule that matches a ticket holds.")
    )
    is_on = models.BooleanField(
        _("in force"), default=False, help_text=_("Its page shows what it would have given to whom, before it is.")
    )
    types = models.ManyToManyField(TicketType, blank=True, verbose_name=_("types"), help_text=_("None: every type."))
    plans = models.ManyToManyField(
        Plan, blank=True, verbose_name=_("plans"), help_text=_("Of the service that the ticket is about. None: any.")
    )
    areas = models.ManyToManyField(
        Area, blank=True, verbose_name=_("areas"), help_text=_("Of the location that the ticket is about. None: any.")
    )
    group = models.ForeignKey(Group, models.PROTECT, related_name="+", verbose_name=_("group"))
    whom = models.CharField(
        _("within it to"),
        max_length=10,
        choices=Whom,
        default=Whom.NOBODY,
        help_text=_("Who is away, or does not work here any more, is given nothing."),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("person")
    )

    objects = AssignmentRuleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        constraints = [
            text_fits("name", 100, shortest=1),
            one_of("whom", ["nobody", "in_turn", "person"]),
            models.CheckConstraint(
                condition=Q(whom="person", person__isnull=False) | (~Q(whom="person") & Q(person__isnull=True)),
                name="tickets_assignmentrule_person_iff_named",
                violation_error_message=_("Choose a person exactly where the rule gives to one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:assignmentrule_detail", self.pk)

    def clean(self) -> None:
        """Raise `ValidationError` for a person who is not a member of the group."""
        super().clean()
        if self.person_id and self.group_id and not self.person.groups.filter(pk=self.group_id).exists():
            refusal = _t("%(person)s is not a member of %(group)s.") % {"person": self.person, "group": self.group}
            raise ValidationError({"person": refusal})

    def is_for(self, *, type_id: int, plan_id: int | None, area_id: int | None) -> bool:
        """Say whether it is for such a ticket; what it is chosen by is to be loaded."""
        asked = zip(CONDITIONS, (type_id, plan_id, area_id), strict=True)
        named = (({each.pk for each in getattr(self, name).all()}, key) for name, key in asked)
        return all(not wanted or key in wanted for wanted, key in named)

    @property
    def says_for_what(self) -> str:
        """What it is for, in words."""
        named = [
            (_t("type"), ", ".join(each.name for each in self.types.all())),
            (_t("plan"), ", ".join(each.name for each in self.plans.all())),
            (_t("area"), ", ".join(each.name for each in self.areas.all())),
        ]
        return "; ".join(f"{label}: {values}" for label, values in named if values) or _t("every ticket")

    @property
    def says_to_whom(self) -> str:
        """To whom it gives, in words."""
        whom = {
            self.Whom.NOBODY: _t("%(group)s"),
            self.Whom.IN_TURN: _t("%(group)s, in turn"),
            self.Whom.PERSON: _t("%(group)s, %(person)s"),
        }[self.Whom(self.whom)]
        return whom % {"group": self.group, "person": self.person}
