"""Telling colleagues from each other's way: who else has the same ticket open, and who is writing."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser

from tickets.models import Ticket, TicketPresence

# The page asks every 15 seconds: who has not been heard of for so long has left.
GONE_AFTER = timedelta(seconds=40)
MOST_NAMED = 10


def seen(*, ticket: Ticket, user: AbstractUser, is_typing: bool, at: datetime) -> list[TicketPresence]:
    """
    Write down that `user` has `ticket` open at the moment `at`, and return the colleagues who have, too.

    Who has left any ticket is forgotten, so that there are never more rows than open pages.
    """
    TicketPresence.objects.filter(seen_at__lt=at - GONE_AFTER).delete()
    TicketPresence.objects.bulk_create(
        [TicketPresence(ticket=ticket, user=user, seen_at=at, is_typing=is_typing)],
        update_conflicts=True,
        unique_fields=["ticket", "user"],
        update_fields=["seen_at", "is_typing"],
    )
    return list(TicketPresence.objects.filter(ticket=ticket).exclude(user=user).select_related("user")[:MOST_NAMED])
