"""A bulk act on all rows that match, in a real browser; the pages themselves: hub/tests/browser/test_every_page.py."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
LEADS = 55


@pytest.fixture
def administrator(page: Page, context: BrowserContext, live_server, client, django_user_model) -> Page:
    """A page of somebody who is logged in, with the problems that the browser reports."""
    # The groups are of a migration, and a test with a server of its own leaves an empty database behind.
    client.force_login(django_user_model.objects.create_superuser("admin"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: request.url.startswith(live_server.url) or page.problems.append(request.url))
    return page


def failures(page: Page) -> list[str]:
    """Return what is wrong with the page that is open: in the console, to axe, or wider than the window."""
    found = [f"{page.url}: {problem}" for problem in page.problems]
    for violation in Axe().run(page, options=WCAG).response["violations"]:
        found += [f"{page.url}: {violation['id']}: {node['html'][:200]}" for node in violation["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{page.url}: wider than the window")
    # axe itself tries inline styles, which the policy refuses.
    page.problems.clear()
    return found


def test_all_that_match_are_chosen_shown_and_changed(administrator, live_server):
    for _ in range(LEADS):
        make_customer(status="lead")
    administrator.goto(f"{live_server.url}/admin/customers/customer/?status__exact=lead")
    administrator.check("#action-toggle")
    administrator.click(f"text=Select all {LEADS} customers")
    administrator.select_option("[name=action]", label="Change customers")
    administrator.click("button[name=index]")
    found = failures(administrator)
    administrator.select_option("[name=status]", "active")
    administrator.set_viewport_size({"width": 390, "height": 900})
    administrator.click("text=Show what it would do")
    administrator.fill("[name=number]", str(LEADS))
    found += failures(administrator)
    administrator.get_by_role("button", name="Change customers").click()
    expect(administrator.locator("#messages")).to_contain_text(f"Change customers: {LEADS} done.")
    found += failures(administrator)
    assert not found
    assert not Customer.objects.filter(status="lead").exists()
