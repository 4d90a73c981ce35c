"""Which services an incident hit."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Service
from incidents.models.incident import Incident


class ServiceByHand(models.Model):
    """A service that is hit though it is of no area or plan of the incident; or is not, though it is (`is_spared`)."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="by_hand", verbose_name=_("incident"))
    service = models.ForeignKey(Service, models.CASCADE, related_name="+", verbose_name=_("service"))
    is_spared = models.BooleanField(_("taken out"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    part_of = "incident"

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("service named by hand")
        verbose_name_plural = _("services named by hand")
        constraints = [models.UniqueConstraint(fields=["incident", "service"], name="incidents_servicebyhand_once")]

    def __str__(self) -> str:
        return str(self.service)

    def get_absolute_url(self) -> str:
        return self.incident.get_absolute_url()


class HitService(models.Model):
    """A service that an incident hit, written down when it was over."""

    incident = models.ForeignKey(
        Incident, models.CASCADE, related_name="hits", db_index=False, verbose_name=_("incident")
    )
    service = models.ForeignKey(Service, models.CASCADE, related_name="incidents", verbose_name=_("service"))

    # It is made from the incident, in a job.
    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("service that was hit")
        verbose_name_plural = _("services that were hit")
        constraints = [models.UniqueConstraint(fields=["incident", "service"], name="incidents_hitservice_once")]

    def __str__(self) -> str:
        return str(self.service)
