"""What every answer must carry, and what no request may carry, whatever the view."""

import sys
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

Handler = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb", "interest-cohort")
)
TOO_LARGE = "This request is larger than {limit:,} bytes. Nothing was changed."
NOT_READ = "You may not send this here, or your session has ended. Nothing was read of it. Log in, and send it again."


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

    A view may take larger ones, of at most `body_limit` bytes, from those who have its `body_permission`; a stranger
    has sent nothing then. Django's CSRF check reads the body before any view runs, so a limit inside a view comes too
    late.
    """

    limit = 2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        length = int(announced) if announced.isascii() and announced.isdigit() else sys.maxsize
        if length <= self.limit:
            return self.get_response(request)
        limit, permission = self.allowance(request)
        if length > limit:
            return _refusal(413, TOO_LARGE.format(limit=limit))
        if not request.user.has_perm(permission):
            return _refusal(403, NOT_READ)
        return self.get_response(request)

    def allowance(self, request: HttpRequest) -> tuple[int, str]:
        """Return how many bytes may be sent to this address, and the permission that more than usual takes."""
        try:
            view = resolve(request.path_info).func
        except Resolver404:
            return self.limit, ""
        view = getattr(view, "view_class", view)
        return getattr(view, "body_limit", self.limit), getattr(view, "body_permission", "")


def _refusal(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")
