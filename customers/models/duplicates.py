"""Customers that may be one, and those of whom somebody said that they are not."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import at_least
from customerflow.search import SearchQuerySet
from customers.models.customer import Customer


class Likeness(models.IntegerChoices):
    """What two customers have in common. The values are added up, and so they are powers of two."""

    EMAIL = 1, _("same e-mail")
    PHONE = 2, _("same phone")
    ADDRESS = 4, _("same address")
    NAME = 8, _("same name")
    NEAR_NAME = 16, _("similar name")


class PairQuerySet(SearchQuerySet):
    """Pairs of customers, chosen."""

    def search(self, text: str) -> "PairQuerySet":
        """Return the pairs in which a customer is found by `text`."""
        if not text.strip():
            return self
        found = Customer.objects.search(text).order_by().values("pk")
        return self.filter(Q(first__in=found) | Q(second__in=found))

    def of(self, one: Customer, other: Customer) -> "PairQuerySet":
        """Return the pair of these two, if there is one."""
        first, second = sorted((one.pk, other.pk))
        return self.filter(first=first, second=second)

    def undecided(self) -> "PairQuerySet":
        """Return the pairs of which nobody has said that they are two."""
        said = DistinctPair.objects.filter(first=OuterRef("first"), second=OuterRef("second"))
        return self.exclude(Exists(said))


class DuplicatePair(models.Model):
    """
    Two customers who may be one, found by `find_duplicates`, with what they have in common.

    `likeness` adds up the values of `Likeness`, `weight` says how much all of it tells.
    """

    first = models.ForeignKey(
        Customer, models.CASCADE, related_name="+", db_index=False, verbose_name=_("first customer")
    )
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("second customer"))
    likeness = models.PositiveSmallIntegerField(_("in common"))
    weight = models.PositiveSmallIntegerField(_("weight"))

    objects = PairQuerySet.as_manager()

    # It is found anew at any time.
    is_on_record = False

    class Meta:
        ordering = ["-weight", "-pk"]
        default_permissions = ()
        verbose_name = _("likely duplicate")
        verbose_name_plural = _("likely duplicates")
        indexes = [models.Index(fields=["weight", "id"], name="duplicate_by_weight")]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="customers_duplicatepair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="customers_duplicatepair_in_order"),
            at_least("likeness", 1),
        ]

    def __str__(self) -> str:
        return f"{self.first} · {self.second}"

    def get_absolute_url(self) -> str:
        return merge_address(self.first, self.second)

    @property
    def reasons(self) -> str:
        """What the two have in common, in words."""
        return ", ".join(str(each.label) for each in Likeness if self.likeness & each)


class DistinctPair(models.Model):
    """Two customers of whom somebody said that they are not one, however alike they are."""

    first = models.ForeignKey(
        Customer, models.CASCADE, related_name="+", db_index=False, verbose_name=_("first customer")
    )
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name=_("second customer"))
    created_at = models.DateTimeField(_("said at"), auto_now_add=True)

    objects = PairQuerySet.as_manager()

    part_of = "first"

    class Meta:
        ordering = ["-pk"]
        default_permissions = ()
        verbose_name = _("pair that is no duplicate")
        verbose_name_plural = _("pairs that are no duplicates")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="customers_distinctpair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="customers_distinctpair_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first} · {self.second}"

    def get_absolute_url(self) -> str:
        return merge_address(self.first, self.second)


def merge_address(survivor: Customer, duplicate: Customer) -> str:
    """Return the address of the page that shows two customers side by side."""
    return f"{reverse('customers:customer_merge', args=[survivor.pk])}?{urlencode({'other': duplicate.number})}"
