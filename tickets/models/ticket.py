"""What customers ask for."""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models import Customer, Equipment, Location, Service
from tickets.models.priority import Priority
from tickets.models.tag import Tag
from tickets.models.ticket_type import TicketType
from tickets.sla.clock import StepKind


def search_text(ticket: "Ticket") -> str:
    """Return what a search finds a ticket by."""
    return fold(f"{ticket.number} {ticket.subject}")


# When nothing is due. No deadline is later, and no time zone takes it out of the calendar.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
LATELY = timedelta(days=7)


class TicketQuerySet(SearchQuerySet):
    """Tickets, chosen."""

    exact_fields = ("number",)

    def unfinished(self) -> "TicketQuerySet":
        """Return the tickets on which work is not done: neither resolved nor closed."""
        return self.filter(is_finished=False)

    def unassigned(self) -> "TicketQuerySet":
        """Return the unfinished tickets that nobody has taken."""
        return self.unfinished().filter(assignee=None)

    def awake(self, today: date) -> "TicketQuerySet":
        """Return the tickets that are not snoozed on a day: on the day they are snoozed until they are back."""
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=today))

    def snoozed(self, today: date) -> "TicketQuerySet":
        """Return the unfinished tickets that come back after a day."""
        return self.unfinished().filter(snoozed_until__gt=today)

    def due_by_hand(self, today: date) -> "TicketQuerySet":
        """Return the unfinished tickets that somebody wants done by a day, or wanted earlier."""
        return self.unfinished().filter(due_on__lte=today)

    def late(self, now: datetime) -> "TicketQuerySet":
        """Return the tickets on which something is owed that was due before the moment `now`."""
        return self.unfinished().filter(due_at__lt=now)

    def due_soon(self, now: datetime) -> "TicketQuerySet":
        """Return the tickets on which something will be due, and the warning of it has begun at the moment `now`."""
        return self.unfinished().filter(due_at__gte=now, due_at__lt=NEVER, warn_at__lte=now)

    def resolved_lately(self, now: datetime) -> "TicketQuerySet":
        """Return the tickets that were resolved in the seven days before the moment `now`, and are not closed."""
        return self.filter(status="resolved", finished_at__gte=now - LATELY)

    def breached(self) -> "TicketQuerySet":
        """Return the tickets, finished ones too, on which a step was taken too late."""
        return self.filter(is_breached=True)


class Ticket(Record):
    """A request of a customer, and its state."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        OPEN = "open", _("Open")
        WAITING = "waiting", _("Waiting for customer")
        ON_HOLD = "on_hold", _("On hold")
        RESOLVED = "resolved", _("Resolved")
        CLOSED = "closed", _("Closed")

    class Source(models.TextChoices):
        PHONE = "phone", _("Phone")
        EMAIL = "email", _("E-mail")
        WEB = "web", _("Web")
        STAFF = "staff", _("Staff")

    class DueStep(models.TextChoices):
        FIRST = StepKind.FIRST.value, _("First response")
        NEXT = StepKind.NEXT.value, _("Next response")
        SOLUTION = StepKind.SOLUTION.value, _("Solution")

    FINISHED = frozenset({Status.RESOLVED, Status.CLOSED})
    MOVES = {
        Status.NEW: {Status.OPEN, Status.WAITING, Status.ON_HOLD, Status.RESOLVED, Status.CLOSED},
        Status.OPEN: {Status.WAITING, Status.ON_HOLD, Status.RESOLVED, Status.CLOSED},
        Status.WAITING: {Status.OPEN, Status.ON_HOLD, Status.RESOLVED, Status.CLOSED},
        Status.ON_HOLD: {Status.OPEN, Status.WAITING, Status.RESOLVED, Status.CLOSED},
        Status.RESOLVED: {Status.OPEN, Status.CLOSED},
        Status.CLOSED: {Status.OPEN},
    }

    number = models.CharField(_("number"), max_length=32, unique=True, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="tickets", verbose_name=_("customer"))
    location = models.ForeignKey(
        Location, models.SET_NULL, related_name="tickets", null=True, blank=True, verbose_name=_("location")
    )
    service = models.ForeignKey(
        Service, models.SET_NULL, related_name="tickets", null=True, blank=True, verbose_name=_("service")
    )
    equipment = models.ForeignKey(
        Equipment, models.SET_NULL, related_name="tickets", null=True, blank=True, verbose_name=_("equipment")
    )
    type = models.ForeignKey(TicketType, models.PROTECT, related_name="tickets", verbose_name=_("type"))
    subject = models.CharField(_("subject"), max_length=200)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.NEW)
    priority = models.CharField(_("priority"), max_length=10, choices=Priority, default=Priority.NORMAL)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.PHONE)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="tickets",
        null=True,
        blank=True,
        verbose_name=_("assignee"),
    )
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="tickets", null=True, blank=True, verbose_name=_("group")
    )
    opened_at = models.DateTimeField(_("opened at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    is_finished = models.GeneratedField(
        expression=Q(status__in=["resolved", "closed"]), output_field=models.BooleanField(), db_persist=True
    )

    snoozed_until = models.DateField(_("snoozed until"), null=True, blank=True, editable=False)
    due_on = models.DateField(_("due on"), null=True, blank=True, editable=False)
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets", editable=False, verbose_name=_("tags"))
    watchers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", editable=False, verbose_name=_("followed by")
    )

    # What the clock says, kept so that lists can be sorted by it: see `tickets.sla.keeping`.
    due_step = models.CharField(_("owed"), max_length=10, choices=DueStep, blank=True, editable=False)
    due_at = models.DateTimeField(_("due"), default=NEVER, editable=False)
    warn_at = models.DateTimeField(_("warning"), default=NEVER, editable=False)
    is_breached = models.BooleanField(_("breached"), default=False, editable=False)

    # What a form carries, so that sending it twice opens one.
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)

    search_text = SearchField(max_length=250, derive=search_text)

    objects = TicketQuerySet.as_manager()

    # The columns that `clean` looks at.
    rules_are_about = frozenset({"customer_id", "location_id", "service_id", "equipment_id"})

    # It follows from the events and the policies; and what a form carried.
    unrecorded_fields = ("due_step", "due_at", "warn_at", "is_breached", "idempotency_key")

    reference_field = "number"
    personal_fields = ("subject",)

    class Meta:
        ordering = ["-pk"]
        permissions = [("merge_ticket", "Can merge tickets")]
        indexes = [
            models.Index(fields=["status", "id"], name="ticket_by_status"),
            models.Index(fields=["priority", "id"], name="ticket_by_priority"),
            models.Index(fields=["due_at", "id"], name="ticket_by_due"),
            models.Index(fields=["id"], condition=Q(is_finished=False), name="ticket_unfinished"),
            models.Index(fields=["due_at", "id", "warn_at"], condition=Q(is_finished=False), name="ticket_due"),
            models.Index(
                fields=["assignee", "due_at", "id"], condition=Q(is_finished=False), name="ticket_of_assignee"
            ),
            models.Index(fields=["group", "due_at", "id"], condition=Q(is_finished=False), name="ticket_of_group"),
            models.Index(fields=["status", "due_at", "id"], condition=Q(is_finished=False), name="ticket_on_board"),
            models.Index(fields=["finished_at", "id"], condition=Q(status="resolved"), name="ticket_resolved"),
            models.Index(fields=["due_at", "id"], condition=Q(is_breached=True), name="ticket_breached"),
            models.Index(
                fields=["due_on", "due_at", "id"],
                condition=Q(is_finished=False, due_on__isnull=False),
                name="ticket_due_by_hand",
            ),
            models.Index(
                fields=["snoozed_until", "id"],
                condition=Q(is_finished=False, snoozed_until__isnull=False),
                name="ticket_snoozed",
            ),
        ]
        constraints = [
            text_fits("subject", 200, shortest=1),
            one_of("status", ["new", "open", "waiting", "on_hold", "resolved", "closed"]),
            one_of("priority", ["1_urgent", "2_high", "3_normal", "4_low"]),
            one_of("source", ["phone", "email", "web", "staff"]),
            one_of("due_step", ["", "first", "next", "solution"]),
            models.CheckConstraint(
                condition=Q(status__in=["resolved", "closed"], finished_at__isnull=False)
                | (~Q(status__in=["resolved", "closed"]) & Q(finished_at__isnull=True)),
                name="tickets_ticket_finished_at_iff_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    def get_absolute_url(self) -> str:
        return page_of_record("tickets:ticket_detail", self.pk)

    def clean(self) -> None:
        """Raise `ValidationError` when what the ticket is about belongs to another customer."""
        super().clean()
        about = {
            "location": self.location and self.location.customer_id,
            "service": self.service and self.service.location.customer_id,
            "equipment": self.equipment and self.equipment.location and self.equipment.location.customer_id,
        }
        foreign = [field for field, owner in about.items() if owner and owner != self.customer_id]
        if foreign:
            raise ValidationError({field: _("This belongs to another customer.") for field in foreign})

    @property
    def lookup_detail(self) -> str:
        """Whose ticket it is, and how it stands."""
        return f"{self.customer} · {self.get_status_display()}"

    @property
    def is_due(self) -> bool:
        """Whether a deadline runs."""
        return self.due_at < NEVER

    @property
    def is_snoozed(self) -> bool:
        """Whether it is out of the queues today."""
        return bool(self.snoozed_until) and not self.is_finished and self.snoozed_until > timezone.localdate()

    def move_to(self, status: Status, at: datetime) -> None:
        """
        Go to the state `status` at the moment `at`; the caller saves.

        A ticket is finished from the moment of its first finished state on: closing one that is resolved keeps it. One
        that is finished is not snoozed.
        Raises `ValidationError` for a move that is not allowed.
        """
        if status not in self.moves:
            raise ValidationError(
                {
                    "status": ValidationError(
                        _("A ticket that is “%(now)s” cannot become “%(wanted)s”. It can become: %(allowed)s."),
                        code="move",
                        params={
                            "now": self.get_status_display(),
                            "wanted": dict(self.Status.choices).get(status, status),
                            "allowed": ", ".join(str(allowed.label) for allowed in self.moves),
                        },
                    )
                }
            )
        self.status = status
        self.finished_at = (self.finished_at or at) if status in self.FINISHED else None
        if self.finished_at:
            self.snoozed_until = None

    @property
    def moves(self) -> list[Status]:
        """The states that the ticket may go to now, in their usual order."""
        return [status for status in self.Status if status in self.MOVES[self.Status(self.status)]]
