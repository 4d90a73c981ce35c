"""
Phone numbers: kept as given, and in E.164 form beside it where a number can be dialled from anywhere.

A local number such as 555-1234 is a good number and is kept; it only has no E.164 form. Refused is what no one could
dial: anything that is not 3 to 15 digits (ITU-T E.164, 6.2.1) with the usual signs and perhaps an extension.
"""

import re
from functools import lru_cache

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 40
USUAL = re.compile(r"\+?[0-9 ()./\u00a0\u2010-\u2015-]+(?:(?: *[x#;,]| *ext\.?) ?[0-9]{1,6})?", re.IGNORECASE)
EXTENSION = re.compile(r"(?:[x#;,]| ext\.?) ?[0-9]{1,6}$", re.IGNORECASE)
NOT_A_DIGIT = re.compile(r"[^0-9]+")


def digits_of(phone: str) -> str:
    """Return the digits of `phone`, without an extension."""
    return NOT_A_DIGIT.sub("", EXTENSION.sub("", phone))


def validate_phone(phone: str) -> None:
    """Raise `ValidationError` unless `phone` is 3 to 15 digits with the usual signs."""
    if not USUAL.fullmatch(phone) or not 3 <= len(digits_of(phone)) <= 15 or len(phone) > MAX_LENGTH:
        raise ValidationError(
            _("“%(phone)s” is not a phone number: 3 to 15 digits, with spaces and the signs + - ( ) . / between them."),
            code="phone",
            params={"phone": phone},
        )


@lru_cache(maxsize=10_000)
def e164_of(phone: str) -> str:
    """Return the E.164 form of `phone`, or "" where it is not valid from `settings.OPERATOR_COUNTRY` or abroad."""
    if not phone:
        return ""
    try:
        number = phonenumbers.parse(phone, settings.OPERATOR_COUNTRY)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
