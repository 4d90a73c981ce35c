"""Whose turn it is."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class Turn(models.Model):
    """
    Which of the tickets that a group is given in turn was the last one of a member.

    `last` counts them, from 1 for each group: who has the lowest, or none, is next.
    """

    group = models.ForeignKey(Group, models.CASCADE, related_name="+", db_index=False, verbose_name=_("group"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="ticket_turns", verbose_name=_("user")
    )
    last = models.PositiveBigIntegerField(_("last"))

    # What was given is told by the events of tickets; a turn that was had is had, also where the ticket is taken back.
    is_on_record = False

    class Meta:
        ordering = ["group", "last"]
        default_permissions = ()
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="tickets_turn_once")]

    def __str__(self) -> str:
        return f"{self.group} · {self.user}"
