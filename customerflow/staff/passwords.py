"""How long a password may be."""

from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

MAX_LENGTH = 1_000


class MaximumLengthValidator:
    """Refuse a password so long that hashing it is work: no person types one, and no password manager makes one."""

    def validate(self, password: str, user=None) -> None:
        if len(password) > MAX_LENGTH:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return ngettext(
            "Your password may have at most %(max)d character.",
            "Your password may have at most %(max)d characters.",
            MAX_LENGTH,
        ) % {"max": MAX_LENGTH}
