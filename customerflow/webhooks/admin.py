"""Webhooks in the administration: only read; they are set up, tried and sent again on their own pages."""

from django.contrib import admin

from customerflow.administration import ReadOnlyAdmin, ReadOnlyInline
from customerflow.webhooks.models import Attempt, Delivery, Endpoint


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyAdmin):
    """Who is told of events."""

    list_display = ("__str__", "url", "is_active")
    fields = ("name", "url", "events", "is_active")


class AttemptInline(ReadOnlyInline):
    """The attempts at a delivery."""

    model = Attempt
    fields = ("at", "status", "problem", "milliseconds")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What was sent, or waits to be."""

    list_display = ("__str__", "endpoint", "state", "attempts", "made_at")
    list_select_related = ("endpoint",)
    fields = ("endpoint", "event", "subject", "message_id", "body", "state", "attempts", "try_at", "delivered_at")
    inlines = (AttemptInline,)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Attempts at deliveries."""

    list_display = ("__str__", "delivery", "status", "milliseconds")
    list_select_related = ("delivery",)
    fields = ("delivery", "at", "status", "problem", "milliseconds")
