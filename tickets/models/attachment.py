"""Files that come with what is said on a ticket."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.storage import documents
from tickets.models.message import Message

LONGEST_NAME = 150


class Attachment(models.Model):
    """
    A file of a message, or what is left of one: who was sent it knows that it was there.

    It is stored under a name that nobody chose. `refused` says why a file that came by e-mail was not kept; it is
    empty where the file was kept, and one without either was erased.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments", verbose_name=_("message"))
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    size = models.PositiveIntegerField(_("bytes"))
    file = models.FileField(_("file"), storage=documents, max_length=100, blank=True)
    refused = models.CharField(_("not kept because"), max_length=300, blank=True)

    part_of = "message"
    personal_fields = ("name", "file", "refused")

    class Meta:
        ordering = ["pk"]
        default_permissions = ("view",)
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            text_fits("name", LONGEST_NAME, shortest=1),
            text_fits("content_type", 100),
            text_fits("refused", 300),
            models.CheckConstraint(condition=Q(file="") | Q(refused=""), name="tickets_attachment_kept_or_refused"),
        ]

    def __str__(self) -> str:
        return self.name

    def content(self) -> bytes:
        """Return the bytes. Raises `OSError` where the file is missing."""
        with documents().open(self.file.name) as file:
            return file.read()
