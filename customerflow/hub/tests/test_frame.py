"""The frame of every page: what the navigation offers, what it marks, the theme, the error pages."""

import re

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from customerflow.hub.navigation import LINKS, QUICK_ACTIONS
from customerflow.staff.roles import GROUPS
from customerflow.staff.tests.factories import make_user

pytestmark = pytest.mark.django_db

MARKED = re.compile(r'<a href="([^"]+)" aria-current="(page|true)"')


def page(client, address: str, *groups: str, **headers) -> str:
    client.force_login(make_user(*groups))
    return client.get(address, **headers).content.decode()


def offered(html: str) -> set[str]:
    navigation = re.search(r'<nav id="navigation".*?</nav>', html, re.S).group()
    return set(re.findall(r'<a href="([^"]+)"', navigation))


@pytest.mark.parametrize("link", LINKS + QUICK_ACTIONS)
def test_every_link_leads_somewhere(link):
    assert link.url.startswith("/")


def test_a_technician_is_not_offered_the_books(client):
    urls = offered(page(client, reverse("account"), "Technician"))
    assert reverse("tickets:ticket_list") in urls
    assert reverse("billing:invoice_list") not in urls
    assert reverse("admin:index") not in urls


@pytest.mark.parametrize("group", GROUPS)
def test_whatever_is_offered_may_be_opened(client, group):
    client.force_login(make_user(group))
    html = client.get("/").content.decode()
    addresses = offered(html) | set(
        re.findall(r'<a href="([^"]+)"', re.search(r'id="add-menu".*?</div>', html, re.S).group())
    )
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


def test_who_has_no_group_is_offered_the_home_page_alone(client):
    html = page(client, reverse("account"))
    assert offered(html) == {reverse("home")}
    assert "sidebar-heading" not in html
    assert "add-menu" not in html


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("/tickets/", ("/tickets/", "page")),
        ("/tickets/?queue=unassigned", ("/tickets/?queue=unassigned", "page")),
        ("/tickets/?queue=mine", ("/tickets/?queue=mine", "page")),
        ("/tickets/?queue=breached", ("/tickets/", "true")),
        ("/customers/new/", ("/customers/", "true")),
        ("/", ("/", "page")),
    ],
)
def test_the_nearest_link_is_marked(client, address, marked):
    assert MARKED.findall(page(client, address, "Support")) == [marked]


def test_a_page_outside_the_navigation_marks_nothing(client):
    assert MARKED.findall(page(client, reverse("account"), "Support")) == []


@pytest.mark.parametrize(
    ("cookie", "attribute"), [("dark", ' data-bs-theme="dark"'), ("light", ' data-bs-theme="light"'), ('"><b', "")]
)
def test_the_server_draws_the_theme_that_the_person_chose(client, cookie, attribute):
    client.cookies["theme"] = cookie
    assert f'<html lang="en"{attribute}>' in page(client, reverse("account"))


def test_an_unknown_address_offers_the_search_to_staff(client):
    html = page(client, "/nothing-here/", "Support")
    assert "There is nothing at this address" in html
    assert 'action="/search/"' in html


def test_what_may_not_be_seen_is_named_as_such_and_leads_home(client):
    html = page(client, reverse("customers:customer_list"))
    assert "You have no right to this" in html
    assert 'href="/"' in html


def test_the_page_for_our_own_errors_needs_nothing():
    assert "Something went wrong on our side" in render_to_string("500.html")


def test_a_form_that_was_open_too_long_is_answered_in_words(client):
    client.handler.enforce_csrf_checks = True
    response = client.post(reverse("login"), {"username": "ann", "password": "x"})
    assert response.status_code == 403
    assert "nothing is lost" in response.content.decode()


@pytest.mark.parametrize(
    ("level", "role"), [("success", "status"), ("info", "status"), ("warning", "alert"), ("error", "alert")]
)
def test_a_message_is_announced_as_loudly_as_it_matters(level, role):
    class Message:
        level_tag = level

        def __str__(self) -> str:
            return "<b>done</b>"

    html = render_to_string("_messages.html", {"messages": [Message()]})
    assert f'class="notice notice-{level}" role="{role}"' in html
    assert "&lt;b&gt;done&lt;/b&gt;" in html
