"""House moves that are still to come, and those that have been."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.location import Location


class HouseMoveQuerySet(models.QuerySet):
    """House moves, chosen."""

    def waiting(self) -> "HouseMoveQuerySet":
        """Return those whose day is still to come, or that could not be done on it."""
        return self.filter(done_at=None)


class HouseMove(models.Model):
    """
    Services and equipment of `origin` go to `target` on the day `first_day`, which was to come when it was planned.

    To a location of another customer it is a takeover. `done_at` is when it happened.
    """

    origin = models.ForeignKey(Location, models.CASCADE, related_name="moves_out", verbose_name=_("from the location"))
    target = models.ForeignKey(Location, models.CASCADE, related_name="moves_in", verbose_name=_("to the location"))
    first_day = models.DateField(_("first day there"))
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    done_at = models.DateTimeField(_("done at"), null=True, blank=True, editable=False)

    objects = HouseMoveQuerySet.as_manager()

    part_of = "origin"
    # It goes with either of its places, and comes back after both.
    comes_back_alone = True

    class Meta:
        ordering = ["first_day", "pk"]
        verbose_name = _("house move")
        indexes = [models.Index(fields=["first_day"], condition=Q(done_at=None), name="house_move_waiting")]
        constraints = [
            models.CheckConstraint(condition=~Q(origin=F("target")), name="customers_housemove_goes_elsewhere"),
            models.UniqueConstraint(
                fields=["origin"],
                condition=Q(done_at=None),
                name="customers_housemove_one_to_come",
                violation_error_message=_("A move from this location is planned already. Cancel it first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} → {self.target} ({self.first_day})"

    def get_absolute_url(self) -> str:
        return self.origin.get_absolute_url()

    @property
    def is_takeover(self) -> bool:
        """Whether the next tenant takes over."""
        return self.origin.customer_id != self.target.customer_id
