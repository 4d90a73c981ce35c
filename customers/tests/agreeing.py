"""Whether units are where their stays say, asked in another way than the check of the books does."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from customers.models import Equipment, Installation


def units_out_of_place() -> QuerySet[Equipment]:
    """Return the units that are elsewhere than their open stay says, or have but one of the two; none if right."""
    running = Installation.objects.filter(unit=OuterRef("pk"), last_day=None)
    is_there = Exists(running.filter(location=OuterRef("location")))
    return Equipment.objects.filter(Q(location__isnull=False) & ~is_there | Q(location=None) & Exists(running))


def overlapping_stays() -> QuerySet[Installation]:
    """Return the stays that begin while the same unit is elsewhere, or there already; none if right."""
    others = Installation.objects.filter(unit=OuterRef("unit"), first_day__lte=OuterRef("first_day")).exclude(
        pk=OuterRef("pk")
    )
    began_before = Q(first_day__lt=OuterRef("first_day")) | Q(pk__lt=OuterRef("pk"))
    goes_on = Q(last_day=None) | Q(last_day__gte=OuterRef("first_day"))
    return Installation.objects.filter(Exists(others.filter(began_before & goes_on))).order_by(F("pk"))
