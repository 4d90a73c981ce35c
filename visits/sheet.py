"""What a technician sees of a day."""

from datetime import date
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Prefetch

from customers.models import Equipment, Location, Service
from tickets.models import Message
from visits.models import Visit

# Of one day, of one conversation, and of one location.
MOST_VISITS = 40
MOST_MESSAGES = 3
MOST_BESIDE = 20
MAP = "https://www.openstreetmap.org"


def visits_of_day(technician: AbstractUser, on: date) -> models.QuerySet[Visit]:
    """Return the visits of `technician` on the day `on`, in its order, with all that the sheet shows of each."""
    return as_shown(Visit.objects.of_day(technician, on))[:MOST_VISITS]


def as_shown(visits: models.QuerySet[Visit]) -> models.QuerySet[Visit]:
    """Return `visits` with all that a day sheet shows of each."""
    related = ("ticket__customer", "ticket__type", "location", "technician")
    parts = (
        Prefetch("ticket__messages", Message.objects.select_related("author").order_by("-pk")[:MOST_MESSAGES], "said"),
        Prefetch("location__services", Service.objects.order_by("pk")[:MOST_BESIDE], "services_there"),
        Prefetch("location__equipment", Equipment.objects.order_by("pk")[:MOST_BESIDE], "units_there"),
    )
    return visits.select_related(*related).prefetch_related("items__done_by", *parts)


def map_address(location: Location) -> str:
    """Return a link to a location on a map: to the very point where it is known, else to a search for the address."""
    if location.latitude is None or location.longitude is None:
        return f"{MAP}/search?{urlencode({'query': location.one_line})}"
    point = f"{location.latitude}/{location.longitude}"
    return f"{MAP}/?{urlencode({'mlat': location.latitude, 'mlon': location.longitude})}#map=17/{point}"
