"""The people who work with CustomerFlow: an operator's staff."""

from datetime import date

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import one_of
from customerflow.staff.roles import ADMINISTRATOR


class StaffManager(UserManager):
    """Staff, chosen."""

    use_in_migrations = False

    def present(self, on: date) -> models.QuerySet:
        """Return who works here, and is not away on the day `on`."""
        return self.filter(Q(away_until=None) | Q(away_until__lt=on), is_active=True)

    def administrators(self) -> models.QuerySet:
        """Return who can log in and may do everything."""
        return self.filter(Q(groups__name=ADMINISTRATOR) | Q(is_superuser=True), is_active=True).distinct()


class User(AbstractUser):
    """
    A member of staff.

    What they may do follows from their groups alone. `is_staff` has no meaning here: the bulk-edit administration is
    open to whoever has the permission `staff.use_administration`.
    """

    class Notices(models.TextChoices):
        NONE = "none", _("None")
        MINE = "mine", _("Those that are mine")
        FOLLOWED = "followed", _("Those that are mine, and those I follow")

    away_until = models.DateField(
        _("away until"),
        null=True,
        blank=True,
        help_text=_("The last day of it. New tickets go to colleagues meanwhile."),
    )

    notices = models.CharField(_("tickets told of by e-mail"), max_length=10, choices=Notices, default=Notices.FOLLOWED)

    objects = StaffManager()

    # What is nobody's business, and what says only that somebody logged in.
    unrecorded_fields = ("password", "last_login")
    counter_document = _("Staff accounts are changed in the administration.")

    class Meta(AbstractUser.Meta):
        permissions = [("use_administration", "Can use the administration for bulk edits")]
        constraints = [one_of("notices", ["none", "mine", "followed"])]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def is_away(self) -> bool:
        """Whether they are away today."""
        return self.away_until is not None and self.away_until >= localdate()
