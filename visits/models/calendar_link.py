"""The private link by which a calendar reads somebody's visits."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarLinkQuerySet(models.QuerySet):
    """Calendar links, chosen. There are few."""

    def search(self, text: str) -> "CalendarLinkQuerySet":
        """Return the links of who has `text` in their user name."""
        return self.filter(user__username__icontains=text.replace("\0", " "))


class CalendarLink(models.Model):
    """
    That one's visits can be read by whoever knows a link; of it only the SHA-256 of its token is kept.

    The token has 256 random bits, so nobody finds it by trying, and its hash needs no salt. The hash is not on record:
    one that was withdrawn and comes back by an undo opens nothing until a new link is made.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_link", verbose_name=_("member of staff")
    )
    token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    made_at = models.DateTimeField(_("made at"))

    objects = CalendarLinkQuerySet.as_manager()

    unrecorded_fields = ("token_hash",)

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("calendar link")

    def __str__(self) -> str:
        return str(self.user)
