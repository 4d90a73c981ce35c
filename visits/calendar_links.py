"""Private links to one's visits: made, made anew, withdrawn, and looked up."""

import hashlib
import secrets
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from visits.models import CalendarLink

# Of the token, before it is written as text.
BYTES = 32


@recorded(_("Calendar link made"))
def make_link(*, user: AbstractUser, at: datetime) -> str:
    """Return the token of a new link to the visits of `user`, made at the moment `at`; the one before opens nothing."""
    token = secrets.token_urlsafe(BYTES)
    link, _is_new = CalendarLink.objects.select_for_update().get_or_create(user=user, defaults={"made_at": at})
    link.made_at, link.token_hash = at, hash_of(token)
    link.save()
    return token


@recorded(_("Calendar link withdrawn"))
def withdraw_link(*, user: AbstractUser) -> bool:
    """Take the link of `user` away; return whether there was one."""
    return bool(CalendarLink.objects.filter(user=user).delete()[0])


def technician_of(token: str) -> AbstractUser | None:
    """
    Return whose visits a link opens: somebody who works here and may see visits. None for everything else.

    It is looked up by the hash of what was sent, in one question whoever it is, so that the time that takes says
    nothing about the tokens that there are.
    """
    links = CalendarLink.objects.filter(token_hash=hash_of(token), user__is_active=True).select_related("user")
    link = links.first()
    return link.user if link and link.user.has_perm("visits.view_visit") else None


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
