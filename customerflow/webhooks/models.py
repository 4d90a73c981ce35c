"""Who is told of what is done here, what they are told, and each attempt at it."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of, text_fits
from customerflow.records import Record, page_of_record

LONGEST_URL = 500
# The address of an endpoint that is no system to call, but the program that NETWORK_COMMAND names.
PROGRAM = "command:"


class EndpointQuerySet(models.QuerySet):
    """Endpoints, chosen."""

    def active(self) -> "EndpointQuerySet":
        """Return the endpoints that are told of what happens."""
        return self.filter(is_active=True)

    def search(self, text: str) -> "EndpointQuerySet":
        """Return the endpoints whose name or address has `text` in it."""
        return self.filter(Q(name__icontains=text) | Q(url__icontains=text))


class Endpoint(Record):
    """
    A system that is told of events: at which address, of which of them (none named: all), and signed with which secret.
    With the address "command:" it is the program that NETWORK_COMMAND names.

    The secret is written as Standard Webhooks has it: "whsec_" and 32 random bytes in base64.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    url = models.CharField(
        _("address"),
        max_length=LONGEST_URL,
        help_text=_("It begins with https://. “command:” runs the program that NETWORK_COMMAND names."),
    )
    events = models.JSONField(_("events"), default=list, blank=True)
    is_active = models.BooleanField(_("told of events"), default=True)
    secret = models.CharField(_("secret"), max_length=100, editable=False)

    objects = EndpointQuerySet.as_manager()

    # Whoever reads the history may not sign.
    unrecorded_fields = ("secret",)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            text_fits("name", 100, shortest=1),
            text_fits("url", LONGEST_URL, shortest=1),
            # Empty where a removed one was put back: it is given a new one.
            text_fits("secret", 100),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("webhooks:endpoint_detail", self.pk)

    @property
    def is_program(self) -> bool:
        """Whether a program is run, and nobody called."""
        return self.url == PROGRAM

    def is_told_of(self, event: str) -> bool:
        """Return whether the endpoint is to be told of events of this kind."""
        return self.is_active and (not self.events or event in self.events)


class DeliveryQuerySet(models.QuerySet):
    """Deliveries, chosen. The moment asked about is passed in."""

    def unfinished(self) -> "DeliveryQuerySet":
        """Return what is still to be delivered."""
        return self.filter(state__in=Delivery.UNFINISHED)

    def due(self, at: datetime) -> "DeliveryQuerySet":
        """
        Return what may be sent at the moment `at`, the oldest first.

        What is about the same thing is told in order: while an earlier delivery of it to the endpoint is unfinished,
        the later ones wait.
        """
        earlier = Delivery.objects.unfinished().filter(
            endpoint=OuterRef("endpoint"), subject=OuterRef("subject"), pk__lt=OuterRef("pk")
        )
        waiting = self.filter(state=Delivery.State.WAITING, try_at__lte=at, endpoint__is_active=True)
        return waiting.filter(~Exists(earlier)).order_by("pk")

    def search(self, text: str) -> "DeliveryQuerySet":
        """Return the deliveries about a thing such as "service-17", or with this message id."""
        return self.filter(Q(subject=text.strip()) | Q(message_id=text.strip()))


class Delivery(models.Model):
    """
    One message to one endpoint, written in the transaction of what it tells of, and sent after it.

    `subject` is what it is about, such as "service-17". The same `message_id` comes with every attempt, so that the
    receiver can tell a message that it has already.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    UNFINISHED = ("waiting", "sending")

    endpoint = models.ForeignKey(
        Endpoint, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"), db_index=False
    )
    event = models.CharField(_("event"), max_length=50)
    subject = models.CharField(_("about"), max_length=50)
    message_id = models.CharField(_("message id"), max_length=50, unique=True)
    body = models.TextField(_("body"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    try_at = models.DateTimeField(_("next attempt at"))
    tried_at = models.DateTimeField(_("last attempt at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    made_at = models.DateTimeField(_("made at"))

    objects = DeliveryQuerySet.as_manager()

    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view", "change")
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["endpoint", "id"], name="delivery_by_endpoint"),
            models.Index(fields=["subject", "id"], name="delivery_by_subject"),
            models.Index(fields=["made_at"], name="delivery_by_age"),
            models.Index(
                fields=["endpoint", "subject", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="delivery_unfinished",
            ),
        ]
        constraints = [
            one_of("state", ["waiting", "sending", "delivered", "failed"]),
            text_fits("event", 50, shortest=1),
            text_fits("subject", 50, shortest=1),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at=None)),
                name="webhooks_delivery_delivered_iff_it_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"

    def get_absolute_url(self) -> str:
        return page_of_record("webhooks:delivery_detail", self.pk)


class Attempt(models.Model):
    """One attempt at a delivery: what was answered, or what went wrong."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries", verbose_name=_("delivery"))
    at = models.DateTimeField(_("at"))
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)

    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [text_fits("problem", 300)]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {self.status or self.problem}"

    def get_absolute_url(self) -> str:
        return page_of_record("webhooks:delivery_detail", self.delivery_id)
