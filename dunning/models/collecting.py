"""What is done about what is late: who looks after a customer, who was spoken to, and what comes next."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from customerflow.constraints import in_order, one_of, text_fits
from customerflow.records import Record
from customers.models import Customer


class Way(models.TextChoices):
    """How a customer is reached."""

    CALL = "call", _("Call")
    EMAIL = "email", _("E-mail")
    VISIT = "visit", _("Visit")
    LETTER = "letter", _("Letter")


class AssignmentQuerySet(models.QuerySet):
    """Assignments, chosen."""

    def current(self) -> "AssignmentQuerySet":
        """Return those that hold: of several of one customer, as after a merge, the newest."""
        newer = self.model._default_manager.filter(customer=OuterRef("customer"), ended_on=None, pk__gt=OuterRef("pk"))
        return self.filter(~Exists(newer), ended_on=None)


class Assignment(models.Model):
    """Who looks after what a customer is late with, until somebody else does."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="assignments", verbose_name=_("customer"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments", verbose_name=_("owner")
    )
    assigned_on = models.DateField(_("assigned on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("owner in collections")
        verbose_name_plural = _("owners in collections")
        indexes = [
            models.Index(fields=["customer", "id", "owner"], condition=Q(ended_on=None), name="assignment_of_customer"),
            models.Index(fields=["owner", "customer"], condition=Q(ended_on=None), name="assignment_of_owner"),
        ]
        constraints = [in_order("assigned_on", "ended_on")]

    def __str__(self) -> str:
        return f"{self.customer}: {self.owner}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()


class ContactAttemptQuerySet(models.QuerySet):
    """Contacts made, chosen."""

    def newest(self) -> "ContactAttemptQuerySet":
        """Return the last one with each customer."""
        of_customer = self.model._default_manager.filter(customer=OuterRef("customer"))
        return self.filter(pk=Subquery(of_customer.order_by("-made_on", "-pk").values("pk")[:1]))


class ContactAttempt(models.Model):
    """That somebody called, wrote to or visited a customer about what is late."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="attempts", verbose_name=_("customer"))
    made_on = models.DateField(_("day"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    way = models.CharField(_("contact"), max_length=10, choices=Way, default=Way.CALL)
    is_reached = models.BooleanField(_("reached"), default=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)

    objects = ContactAttemptQuerySet.as_manager()

    shown_with = ("customer",)
    personal_fields = ("note",)
    unrecorded_fields = ("idempotency_key",)

    class Meta:
        ordering = ["-made_on", "-pk"]
        verbose_name = _("contact made")
        verbose_name_plural = _("contacts made")
        indexes = [models.Index(fields=["customer", "made_on", "id"], name="attempt_by_customer")]
        constraints = [one_of("way", Way.values), text_fits("note", 300)]

    def __str__(self) -> str:
        reached = _("reached") if self.is_reached else _("not reached")
        return f"{self.get_way_display()}, {reached}, {self.made_on}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()


def owes_by_its_day() -> Exists:
    """Return the condition that the customer of an action owes something that was due by the day of the action."""
    return Exists(Invoice.objects.open().filter(customer=OuterRef("customer"), due_on__lte=OuterRef("due_on")))


class NextActionQuerySet(models.QuerySet):
    """Next actions, chosen."""

    def waiting(self) -> "NextActionQuerySet":
        """Return what is still to be done."""
        return self.filter(done_on=None)

    def live(self) -> "NextActionQuerySet":
        """Return what still makes sense: the customer owes something that was due by its day."""
        return self.waiting().filter(owes_by_its_day())

    def due(self, on: date) -> "NextActionQuerySet":
        """Return what is to be done by the day `on`."""
        return self.waiting().filter(due_on__lte=on)


class NextAction(Record):
    """What is to be done next about a customer, by the day `due_on`; it waits until somebody has done it."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="next_actions", verbose_name=_("customer"))
    way = models.CharField(_("next action"), max_length=10, choices=Way, default=Way.CALL)
    due_on = models.DateField(_("on"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("planned by")
    )
    done_on = models.DateField(_("done on"), null=True, blank=True, editable=False)
    # What asked for it, such as an execution of a rule: it is asked for once.
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)

    objects = NextActionQuerySet.as_manager()

    personal_fields = ("note",)
    unrecorded_fields = ("idempotency_key",)

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("next action")
        verbose_name_plural = _("next actions")
        indexes = [
            models.Index(
                fields=["customer", "due_on", "id"], condition=Q(done_on=None), name="next_action_of_customer"
            ),
            models.Index(fields=["due_on", "customer"], condition=Q(done_on=None), name="next_action_waiting"),
        ]
        constraints = [one_of("way", Way.values), text_fits("note", 300)]

    def __str__(self) -> str:
        return f"{self.get_way_display()}: {self.due_on}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()
