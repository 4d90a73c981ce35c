"""E-mail addresses, in the one form in which they are stored."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from customerflow.text import normalise

MAX_LENGTH = 254
# Addresses that Django's validator accepts, recognised several times faster; it judges all others.
USUAL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[a-z0-9]{1,63}\.)+[a-z]{2,63}")


def normalise_email(email: str) -> str:
    """
    Return an address without white space at its ends, its domain in small letters.

    What stands before the @ is kept as given: it may tell small from capital letters (RFC 5321, 2.4).
    """
    email = normalise(email)
    name, at, domain = email.rpartition("@")
    return normalise(f"{name}{at}{domain.lower()}") if at else email


def clean_email(email: str) -> str:
    """Return an address, or none (""), in its stored form. Raises `ValidationError`."""
    if not email or (len(email) <= MAX_LENGTH and USUAL.fullmatch(email)):
        return email
    email = normalise_email(email)
    if not email:
        return email
    if len(email) > MAX_LENGTH:
        raise ValidationError(
            _("It has %(length)d characters; %(longest)d are allowed."),
            code="max_length",
            params={"length": len(email), "longest": MAX_LENGTH},
        )
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError(_("It is not an e-mail address, such as name@example.com."), code="invalid") from error
    return email
