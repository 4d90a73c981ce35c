"""Who collects: the operator's name, account and creditor identifier, from the settings."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bank.identifiers import clean_iban, is_bic, is_creditor_identifier


@dataclass(frozen=True)
class Creditor:
    """The creditor of direct debits."""

    name: str
    iban: str
    bic: str
    identifier: str


def creditor() -> Creditor:
    """Return the creditor; raises `ValidationError`, which names the setting that is missing or wrong."""
    if settings.CURRENCY != "EUR":
        raise ValidationError(_("SEPA direct debits are in euro, and the currency here is %s.") % settings.CURRENCY)
    wrong = _("The setting %(name)s is missing or wrong: direct debits cannot be collected.")
    try:
        iban = clean_iban(settings.OPERATOR_IBAN)
    except ValidationError as error:
        raise ValidationError(wrong % {"name": "OPERATOR_IBAN"}) from error
    if settings.OPERATOR_BIC and not is_bic(settings.OPERATOR_BIC):
        raise ValidationError(wrong % {"name": "OPERATOR_BIC"})
    if not is_creditor_identifier(settings.OPERATOR_CREDITOR_ID):
        raise ValidationError(wrong % {"name": "OPERATOR_CREDITOR_ID"})
    return Creditor(settings.OPERATOR_NAME, iban, settings.OPERATOR_BIC, settings.OPERATOR_CREDITOR_ID)


def is_collecting() -> bool:
    """Return whether direct debits can be collected here."""
    try:
        creditor()
    except ValidationError:
        return False
    return True
