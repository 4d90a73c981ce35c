"""What the lists of this app show, and how they are filtered."""

import django_filters
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter
from customerflow.tables import Column, Table, link, state, states
from customerflow.webhooks.models import Delivery, Endpoint
from customerflow.webhooks.outbox import EVENTS

DELIVERY_STATES = states(Delivery.State, {"waiting": "new", "sending": "new", "delivered": "active", "failed": "bad"})


class EndpointTable(Table):
    """The list of webhooks."""

    columns = (
        Column("name", _("Name"), sort="name"),
        Column("url", _("Address")),
        Column("events", _("Events"), value=lambda each: events_in_words(each)),
        Column(
            "is_active",
            _("State"),
            value=lambda each: _("On") if each.is_active else _("Off"),
            cell=lambda each: state(_("On"), "active") if each.is_active else state(_("Off"), "off"),
        ),
    )
    order = "name"


def events_in_words(endpoint: Endpoint) -> str:
    """Return what `endpoint` is told of."""
    return ", ".join(str(EVENTS.get(event, event)) for event in endpoint.events) or str(_("All events"))


class EndpointFilter(ListFilter):
    """Webhooks by text."""


class DeliveryTable(Table):
    """The list of deliveries."""

    columns = (
        Column("pk", _("Number"), sort="pk"),
        Column("event", _("Event"), value=lambda each: str(EVENTS.get(each.event, each.event))),
        Column("subject", _("About")),
        Column("endpoint", _("Webhook"), cell=lambda each: link(each.endpoint)),
        Column("state", _("State"), value=Delivery.get_state_display, cell=lambda each: DELIVERY_STATES(each.state)),
        Column("attempts", _("Attempts"), css="num"),
        Column("made_at", _("Made at"), css="num"),
    )
    select_related = ("endpoint",)
    order = "-pk"


class DeliveryFilter(ListFilter):
    """Deliveries by what they are about, webhook and state."""

    endpoint = django_filters.ModelChoiceFilter(label=_("Webhook"), queryset=Endpoint.objects.all())
    state = django_filters.ChoiceFilter(label=_("State"), choices=Delivery.State.choices)
