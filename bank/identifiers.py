"""The numbers by which banks know accounts, creditors and payments, checked by their checksums."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import bic, iban, iso11649
from stdnum.eu import at_02
from stdnum.exceptions import ValidationError as NotValid

# What every bank takes in a mandate's reference: the basic set, no slash at either end and not two of them.
SEPA_IDENTIFIER = r"^(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+]{1,35}(?<!/)\Z"


def clean_iban(text: str) -> str:
    """Return the plain form of an IBAN; raises `ValidationError` for a checksum or length that is wrong."""
    try:
        return iban.validate(text, check_country=False)
    except NotValid as error:
        raise ValidationError(
            _("“%(text)s” is no IBAN: a letter or digit is wrong or missing."), code="iban", params={"text": text[:40]}
        ) from error


def plain_iban(text: str) -> str:
    """Return the plain form of what a bank wrote as an account: an IBAN or not, at most 34 characters."""
    return "".join(text.split()).upper()[:34]


def is_bic(text: str) -> bool:
    """Return whether `text` has the form of a BIC."""
    return bic.is_valid(text)


def is_creditor_identifier(text: str) -> bool:
    """Return whether `text` is a SEPA creditor identifier with its right checksum."""
    return at_02.is_valid(text)


def told_by_creditor_reference(text: str) -> str:
    """Return what a structured creditor reference (RF18...) carries; nothing where it is none."""
    return iso11649.validate(text)[4:] if iso11649.is_valid(text) else ""
