"""One-off charges: what the next billing run puts on an invoice besides what recurs."""

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.allocations import check_reason, lock_books
from billing.models import Charge
from customerflow.changes.recording import recorded
from customers.models import Customer, Service


@recorded(gettext_lazy("Charge added"))
def add_charge(*, charge: Charge) -> Charge:
    """
    Save a charge, which waits for the billing run of its day, or the next.

    An account that is closed is charged too, such as for what did not come back. Raises `ValidationError` keyed by
    field, among others for a service of another customer.
    """
    lock_books(charge.customer)
    check_service(charge.customer, charge.service)
    charge.full_clean()
    charge.save()
    return charge


@recorded(gettext_lazy("Late fee waived"))
def waive_late_fee(*, charge: Charge, reason: str) -> Charge:
    """
    Cancel a late fee, for a `reason`; its invoice gets no other one.

    Raises `ValidationError`, keyed by field, without a reason, where it is on an invoice, and for any other charge.
    """
    if not charge.late_fee_of_id:
        raise ValidationError(_("This charge is no late fee."))
    return cancel_charge(charge=charge, reason=check_reason(reason))


@recorded(gettext_lazy("Charge cancelled"))
def cancel_charge(*, charge: Charge, reason: str = "") -> Charge:
    """Cancel a charge; raises `ValidationError` where it is on an invoice, or is cancelled already."""
    lock_books(charge.customer)
    charge = Charge.objects.select_for_update(of=("self",)).get(pk=charge.pk)
    if charge.late_fee_of_id and not reason:
        raise ValidationError(_("A late fee is waived, with a reason."))
    if charge.cancelled_at:
        raise ValidationError(_("This charge is cancelled already."))
    if line := charge.lines.filter(live=True).select_related("invoice").first():
        message = _("It is on invoice %(number)s. Void that, or give a credit note.")
        raise ValidationError(message % {"number": line.invoice})
    charge.cancelled_at, charge.cancel_reason = timezone.now(), reason
    charge.version += 1
    charge.save()
    return charge


def check_service(customer: Customer, service: Service | None) -> None:
    """Raise `ValidationError` for a service of another customer than the one who is charged for it."""
    if service and service.location.customer_id != customer.pk:
        raise ValidationError({"service": _("This service belongs to another customer.")})
