"""Lists that people come back to."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.records import Record, page_of_record
from customerflow.saved_views.lists import kinds_of_list

LONGEST_QUERY = 1_000
ADMINISTRATION = "staff.use_administration"


class SavedViewQuerySet(models.QuerySet):
    """Saved views, chosen. There are some for each person."""

    def offered_to(self, user: AbstractUser) -> "SavedViewQuerySet":
        """Return those that `user` sees: their own, and what is shared."""
        return self.filter(Q(owner=user) | Q(is_shared=True))

    def changeable_by(self, user: AbstractUser) -> "SavedViewQuerySet":
        """Return those that `user` changes and removes: their own and, for administrators, what is shared."""
        return self.offered_to(user) if user.has_perm(ADMINISTRATION) else self.filter(owner=user)

    def search(self, text: str) -> "SavedViewQuerySet":
        """Return those in whose name every word of `text` occurs."""
        found = self
        for word in text.split():
            found = found.filter(name__icontains=word)
        return found


class SavedView(Record):
    """
    A list as somebody wants to find it again: its filter and order, as they stand in the address.

    `list` is the name of the list's address, such as "tickets:ticket_list", and `query` its parameters.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", editable=False, verbose_name=_("owner")
    )
    list = models.CharField(_("list"), max_length=100)
    query = models.CharField(_("filter"), max_length=LONGEST_QUERY, blank=True)
    name = models.CharField(_("name"), max_length=100)
    is_shared = models.BooleanField(_("shared"), default=False, help_text=_("All colleagues see it above the list."))

    objects = SavedViewQuerySet.as_manager()

    # Everybody reads the history, and what is private is nobody else's business.
    is_on_record = False

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(fields=["owner", "list", "name"], name="saved_views_savedview_name"),
            text_fits("list", 100, shortest=1),
            text_fits("query", LONGEST_QUERY),
            text_fits("name", 100, shortest=1),
        ]
        indexes = [models.Index(fields=["list", "name"], name="savedview_by_list")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("saved_views:savedview_detail", self.pk)

    @property
    def address(self) -> str:
        """Where the list is with this filter and order; the page of the view itself where there is no such list now."""
        try:
            address = reverse(self.list)
        except NoReverseMatch:
            return self.get_absolute_url()
        return f"{address}?{self.query}" if self.query else address

    @property
    def kinds(self) -> str:
        """What the list is of, in words."""
        return kinds_of_list(self.list) or self.list
