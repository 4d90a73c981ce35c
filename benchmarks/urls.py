"""The product's addresses, and beside them the least that a page can be."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from customerflow.urls import urlpatterns as product


def bare(_request: HttpRequest) -> HttpResponse:
    """Answer "ok" to who is logged in."""
    return HttpResponse("ok")


urlpatterns = [path("benchmark/bare/", bare), *product]
