"""What every answer must carry, and what no request may carry, whatever the view."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb", "interest-cohort")
)
TOO_LARGE = "This request is larger than {limit:,} bytes. Nothing was changed."


class SecurityHeadersMiddleware:
    """Send the headers that Django has no setting for; pages of logged-in staff are never stored by a cache."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class BodySizeMiddleware:
    """
    Refuse a body that is too large by its announced length, before anything reads it.

    Django's CSRF check reads the body before any view runs, so a limit inside a view comes too late.
    """

    limit = 2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()) or int(length) > self.limit:
            return HttpResponse(TOO_LARGE.format(limit=self.limit), status=413, content_type="text/plain")
        return self.get_response(request)
