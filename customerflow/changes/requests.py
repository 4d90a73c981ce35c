"""Whose act it is, where a browser asks for it."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import Origin, acting_for
from customerflow.text import HIDDEN, UNFIT, normalise

REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# The field in which a form asks for the reason of a change.
REASON = "why"
LONGEST_REASON = 200


class OriginMiddleware:
    """
    Say of everything that a request changes who asked for it, through what, and why; and name the request.

    A proxy that numbers requests sends the number as `X-Request-ID`; the answer carries it back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        through = ChangeSet.Through.ADMIN if request.path.startswith("/admin/") else ChangeSet.Through.SCREEN
        with acting_for(Origin(by=request.user, through=through, request_id=request_id, why=reason_of(request))):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


def reason_of(request: HttpRequest) -> str:
    """Return the reason that the person gave, on one line and without what cannot be stored."""
    if request.method != "POST":
        return ""
    typed = HIDDEN.sub("", UNFIT.sub("", request.POST.get(REASON, "")))
    return normalise(" ".join(typed.split()))[:LONGEST_REASON]
