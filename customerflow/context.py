"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

THEMES = {"light", "dark"}


def operator(request: HttpRequest) -> dict[str, object]:
    """
    Name the operator, with address and tax number for what is printed, the currency, and the theme the person chose
    (empty: what their system says).
    """
    theme = request.COOKIES.get("theme", "")
    return {
        "operator_name": settings.OPERATOR_NAME,
        "operator_lines": [*settings.OPERATOR_ADDRESS, *filter(None, [settings.OPERATOR_TAX_NUMBER])],
        "currency": settings.CURRENCY,
        "theme": theme if theme in THEMES else "",
    }
