"""A browser that is watched, and staff who are logged in."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from customerflow.hub.tests.browser.watching import Watch
from customerflow.staff.models import User
from customerflow.staff.roles import SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customerflow.tests.pages import make_one_of_each

# Milliseconds: a machine that does many things at once is slow, not broken.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict, live_server) -> dict:
    """Open addresses of the product, and wait for no animation."""
    return {**browser_context_args, "base_url": live_server.url, "reduced_motion": "reduce"}


@pytest.fixture
def watch(context: BrowserContext, live_server) -> Iterator[Watch]:
    """Fail the test that leaves a problem in the browser."""
    context.set_default_timeout(PATIENCE)
    watch = Watch(context, live_server.url)
    yield watch
    assert watch.problems() == []


@pytest.fixture
def page(watch: Watch) -> Page:
    """A watched page of a stranger."""
    return watch.context.new_page()


@pytest.fixture
def staff(page: Page, live_server) -> Page:
    """A watched page of somebody who may do everything."""
    enter(page.context, live_server.url, make_user(is_superuser=True))
    return page


@pytest.fixture
def one_of_each(live_server) -> None:
    """A record of every kind."""
    # Tests with real transactions empty all tables afterwards, also of the groups that a migration has made.
    for name in (SUPPORT, TECHNICIAN):
        Group.objects.get_or_create(name=name)
    make_one_of_each()


def enter(context: BrowserContext, origin: str, user: User) -> None:
    """Log a person in without the log-in page."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": origin}])
