"""What looks like a leak and is meant so."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason
from customerflow.changes.recording import recorded
from customers.models import Customer
from reports.leaks.registry import Leak
from reports.models import AcceptedLeak


@recorded(_("Leak accepted"))
def accept_leak(
    *, leak: Leak, key: int, reason: str, until: date | None = None, on: date, by: AbstractUser | None = None
) -> AcceptedLeak:
    """
    Say of the record with this `key` that its leak is meant so, until the day `until` (inclusive), or for good.

    It leaves the list for so long. Who says so again says it anew. Raises `ValidationError`, keyed by field: without a
    reason, for a day that is over, and where the record has not this leak.
    """
    record = leak.rows(on).filter(pk=key).first()
    if record is None:
        raise ValidationError(_t("There is nothing to accept any more: it was mended meanwhile."))
    if until and until < on:
        raise ValidationError({"until": _t("This day is over.")})
    # Locked, so that two who accept at once do it one after the other.
    customer = Customer.objects.select_for_update(no_key=True).get(pk=leak.customer_of(record).pk)
    said = {"customer": customer, "reason": check_reason(reason), "until": until, "accepted_on": on, "accepted_by": by}
    accepted, _is_new = AcceptedLeak.objects.update_or_create(leak=leak.name, record_id=key, defaults=said)
    return accepted


@recorded(_("Leak not accepted any more"))
def take_back(*, leak: Leak, key: int, on: date, by: AbstractUser | None = None) -> None:
    """Say that a leak is not meant so after all; raises `ValidationError` where nobody said that it is."""
    deleted, _kinds = AcceptedLeak.objects.filter(leak=leak.name, record_id=key).delete()
    if not deleted:
        raise ValidationError(_t("Nobody said of it that it is meant so."))
