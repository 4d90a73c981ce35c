"""Discounts: what is taken off services on some days."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.allocations import lock_books
from billing.charges import check_service
from billing.models import Discount
from customerflow.changes.recording import recorded
from customers.models import Customer


@recorded(gettext_lazy("Discount added"))
def add_discount(*, discount: Discount) -> Discount:
    """
    Save a discount; the next billing run makes up for those of its days that were billed without it.

    Raises `ValidationError` keyed by field, among others for a closed account and for a service of another customer.
    """
    Customer.objects.lock_open(discount.customer_id)
    check_service(discount.customer, discount.service)
    discount.full_clean()
    discount.save()
    return discount


@recorded(gettext_lazy("Discount ended"))
def end_discount(*, discount: Discount, last_day: date) -> Discount:
    """
    Let `last_day` be the last one of a discount; a later day than before makes it longer.

    Raises `ValidationError` keyed by field for a day before the first.
    """
    lock_books(discount.customer)
    discount = Discount.objects.select_for_update(of=("self",)).get(pk=discount.pk)
    if last_day < discount.first_day:
        message = _("The discount begins on %(day)s. Remove it, if it was never meant.") % {"day": discount.first_day}
        raise ValidationError({"last_day": message})
    discount.last_day = last_day
    discount.version += 1
    discount.save()
    return discount


@recorded(gettext_lazy("Discount removed"))
def remove_discount(*, discount: Discount) -> None:
    """Take a discount back, as if it had never been; the next billing run makes up for what was taken off."""
    lock_books(discount.customer)
    # Not discount.delete(), which takes the key away from the record that a page is about.
    Discount.objects.filter(pk=discount.pk).delete()
