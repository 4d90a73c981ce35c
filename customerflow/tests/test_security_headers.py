"""What every answer carries, whatever the page and however it ends."""

import pytest
from django.http import HttpResponse
from django.test import Client

from customerflow import health
from customerflow.security import BodySizeMiddleware
from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user
from customerflow.tests.pages import make_one_of_each, pages

HEADERS = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
}
SOURCES = {"'none'", "'self'", "data:"}
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def missing(response: HttpResponse) -> set[str]:
    """Return the headers that `response` should have and has not."""
    absent = HEADERS - response.headers.keys()
    if "no-store" not in response.get("Cache-Control", ""):
        absent.add("Cache-Control")
    return absent


@pytest.fixture
def client():
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def test_every_page_carries_the_headers_for_strangers_and_staff(client):
    make_one_of_each()
    addresses = {page: page.address() for page in pages()}
    strangers = {page: absent for page, address in addresses.items() if (absent := missing(client.get(address)))}
    client.force_login(make_user(ADMINISTRATOR))
    staff = {page: absent for page, address in addresses.items() if (absent := missing(client.get(address)))}
    assert (strangers, staff) == ({}, {})


def test_a_page_that_is_not_there_carries_the_headers(client):
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert missing(response) == set()


def test_a_refusal_carries_the_headers(client):
    client.force_login(make_user())
    response = client.get("/customers/")
    assert response.status_code == 403
    assert missing(response) == set()


def test_a_post_without_a_token_carries_the_headers(client):
    response = client.post("/login/")
    assert response.status_code == 403
    assert missing(response) == set()


def test_a_bad_request_carries_the_headers(client):
    response = client.get("/login/", headers={"host": "bad host"})
    assert response.status_code == 400
    assert missing(response) == set()


def test_a_request_that_is_too_large_carries_the_headers(client):
    response = client.generic("POST", "/login/", CONTENT_LENGTH=str(BodySizeMiddleware.limit + 1))
    assert response.status_code == 413
    assert missing(response) == set()


def test_an_error_of_ours_carries_the_headers_and_shows_no_trace(client, monkeypatch):
    def fail():
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(health, "last_migrations", fail)
    response = client.get("/readyz")
    assert response.status_code == 500
    assert missing(response) == set()
    assert "secret of the house" not in response.content.decode()


def test_the_policy_lets_in_nothing_from_elsewhere(client):
    policy = client.get("/login/").headers["Content-Security-Policy"]
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert {source for sources in directives.values() for source in sources.split()} <= SOURCES


def test_a_secure_site_tells_browsers_to_stay_secure(client, settings):
    settings.SECURE_HSTS_SECONDS = 63_072_000
    assert client.get("/login/", secure=True).headers["Strict-Transport-Security"].startswith("max-age=63072000")
