"""How much a ticket matters."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Priority(models.TextChoices):
    """How much a ticket matters. The values sort as they should."""

    URGENT = "1_urgent", _("Urgent")
    HIGH = "2_high", _("High")
    NORMAL = "3_normal", _("Normal")
    LOW = "4_low", _("Low")
