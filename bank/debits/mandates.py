"""What becomes of mandates: revoked by the customer, or set aside because the bank says that there is none."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bank.models import Mandate
from billing.allocations import check_reason
from customerflow.changes.recording import recorded


@recorded(_("Mandate revoked"))
def revoke_mandate(*, mandate: Mandate, reason: str, on: date) -> Mandate:
    """End a mandate on the day `on`, as the customer asked, and return it; nothing is collected by it any more."""
    return _end(mandate, Mandate.State.REVOKED, reason, on)


@recorded(_("Mandate set aside"))
def set_mandate_aside(*, mandate: Mandate, reason: str, on: date) -> Mandate:
    """Collect nothing more by a mandate that the bank does not know, and return it."""
    return _end(mandate, Mandate.State.SET_ASIDE, reason, on)


@recorded(_("Mandate taken up again"))
def restore_mandate(*, mandate: Mandate) -> Mandate:
    """Collect by a mandate again that was set aside by mistake, and return it. Raises `ValidationError`."""
    mandate = _locked(mandate)
    if mandate.state == Mandate.State.REVOKED:
        raise ValidationError({"mandate": _("The customer revoked it: a new mandate is needed.")})
    mandate.state, mandate.ended_on, mandate.reason = Mandate.State.ACTIVE, None, ""
    return _save(mandate)


def _end(mandate: Mandate, state: str, reason: str, on: date) -> Mandate:
    mandate = _locked(mandate)
    if not mandate.is_active:
        raise ValidationError({"mandate": _("This mandate is not active any more.")})
    if on < mandate.signed_on:
        raise ValidationError({"on": _("It was not signed yet on that day.")})
    mandate.state, mandate.ended_on, mandate.reason = state, on, check_reason(reason)
    return _save(mandate)


def _locked(mandate: Mandate) -> Mandate:
    return Mandate.objects.select_for_update(no_key=True).get(pk=mandate.pk)


def _save(mandate: Mandate) -> Mandate:
    mandate.version += 1
    mandate.save()
    return mandate
