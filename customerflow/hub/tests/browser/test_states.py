"""The states of pages that an address alone does not show meet the floors too, and the floors themselves hold."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from billing.tests.factories import make_invoice
from customerflow.hub import views
from customerflow.hub.tests.browser.conftest import enter
from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.test_every_page import AREAS
from customerflow.hub.tests.browser.watching import Watch
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer, make_service

pytestmark = pytest.mark.once

REFUSING = ("_create", "service_cost", "service_end", "customer_close", "_void")
FORMS = {name: [page for page in pages if page.name.endswith(REFUSING)] for name, pages in AREAS.items()}


@pytest.mark.parametrize("name", [name for name, forms in FORMS.items() if forms])
def test_refused_forms(name: str, one_of_each: None, staff: Page, watch: Watch):
    found = {}
    for page in FORMS[name]:
        staff.goto(page.address())
        form = staff.locator("main form")
        boxes = "input:visible:not([type=checkbox], [type=radio], [type=file]), textarea:visible"
        for box in form.locator(boxes).all():
            box.fill("")
        form.get_by_role("button").last.click()
        expect(staff.get_by_role("alert").first).to_be_visible()
        if failed := failures(staff, watch, frame=False):
            found[page.name] = failed
    assert found == {}


def test_a_refused_quick_action_with_its_matches_open(staff: Page, watch: Watch):
    make_service(name="Fibre 500")
    staff.goto("/")
    card = staff.locator("#change-cost")
    card.locator("summary").click()
    card.get_by_role("button").click()
    expect(card.get_by_role("alert")).to_be_visible()
    card.get_by_role("combobox").press_sequentially("fibre")
    expect(card.get_by_role("option")).to_be_visible()
    staff.keyboard.press("ArrowDown")
    assert failures(staff, watch) == []


def test_lists_with_chips_without_a_match_and_with_an_address_that_means_nothing(staff: Page, watch: Watch):
    make_customer(name="Jane Smith")
    found = {}
    for address in ("?q=jane&status=active", "?q=nobody", "?nonsense=1", "?sort=nonsense", "?after=nonsense"):
        staff.goto(f"/customers/{address}")
        found[address] = failures(staff, watch)
    assert not any(found.values()), found


def test_searches(staff: Page, watch: Watch):
    make_customer(name="Jane Smith")
    make_customer(name="Jane Doe")
    found = {}
    for text in ("jane", "nobody", "<script>alert(1)</script>"):
        staff.goto(f"/search/?q={text}")
        found[text] = failures(staff, watch)
    assert not any(found.values()), found


def test_the_page_that_refuses_to_remove(staff: Page, watch: Watch):
    customer = make_invoice().customer
    staff.goto(f"/customers/{customer.pk}/delete/")
    expect(staff.get_by_role("alert")).to_be_visible()
    assert failures(staff, watch) == []


@pytest.mark.parametrize("menu", ["Account of", "Add"])
def test_open_menus(menu: str, staff: Page, watch: Watch):
    staff.goto("/")
    staff.get_by_role("button", name=menu).first.click()
    expect(staff.locator(":popover-open")).to_be_visible()
    assert failures(staff, watch) == []


def test_the_list_of_keys(staff: Page, watch: Watch):
    staff.goto("/")
    staff.keyboard.press("?")
    expect(staff.get_by_role("dialog")).to_be_visible()
    assert failures(staff, watch) == []


def test_the_navigation_of_a_phone(staff: Page, watch: Watch):
    staff.set_viewport_size({"width": 360, "height": 800})
    staff.goto("/")
    invoices = staff.get_by_role("navigation", name="Main").get_by_role("link", name="Invoices")
    expect(invoices).to_be_hidden()
    staff.get_by_role("button", name="Navigation").click()
    expect(invoices).to_be_visible()
    assert failures(staff, watch) == []


def test_the_log_in_right_wrong_and_locked(page: Page, watch: Watch):
    watch.expected = {429}
    page.goto("/login/")
    assert failures(page, watch) == []
    for attempt in range(1, 6):
        page.goto("/login/")
        page.get_by_label("Username").fill("nobody")
        page.get_by_label("Password").fill("wrong password for sure")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert").or_(page.get_by_text("Too many attempts"))).to_be_visible()
        if attempt in (1, 5):
            assert failures(page, watch) == []
    expect(page.get_by_role("heading", level=1)).to_have_text("Too many attempts")


def test_what_is_not_there(staff: Page, watch: Watch):
    watch.expected = {404}
    found = {}
    for address in ("/nothing/", "/customers/987654321/", "/admin/nothing/"):
        staff.goto(address)
        expect(staff.get_by_role("heading", level=1)).to_have_text("There is nothing at this address")
        found[address] = failures(staff, watch)
    assert not any(found.values()), found


def test_what_a_stranger_asks_for_in_vain(page: Page, watch: Watch):
    watch.expected = {404}
    page.goto("/nothing/")
    assert failures(page, watch) == []


def test_what_one_may_not(page: Page, watch: Watch, live_server):
    watch.expected = {403}
    enter(page.context, live_server.url, make_user())
    found = {}
    for address in ("/", "/account/", "/customers/", "/admin/"):
        page.goto(address)
        found[address] = failures(page, watch)
    expect(page.get_by_role("heading", level=1)).to_have_text("You have no right to this")
    assert not any(found.values()), found


def test_a_form_from_an_old_session(staff: Page, watch: Watch):
    watch.expected = {403}
    staff.goto("/customers/new/")
    staff.locator("main form [name=csrfmiddlewaretoken]").evaluate("field => field.value = 'a'.repeat(64)")
    staff.get_by_role("button", name="Save").click()
    expect(staff.get_by_role("heading", level=1)).to_have_text("The page was open too long")
    assert failures(staff, watch) == []


def test_a_failure_of_ours(staff: Page, watch: Watch, monkeypatch):
    def fail(*_args: object, **_context: object) -> None:
        raise RuntimeError("made for this test")

    monkeypatch.setattr(views.Search, "get", fail)
    watch.expected = {500}
    staff.goto("/search/")
    expect(staff.get_by_role("heading", level=1)).to_have_text("Something went wrong on our side")
    assert failures(staff, watch) == []


PLANTED = {
    "image-alt": "document.querySelector('main').append(new Image())",
    "color-contrast": "document.querySelector('h1').style.color = '#ccc'",
    "dark, 1280 px: color-contrast": """
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("@media (prefers-color-scheme: dark) and (min-width: 1000px) { h1 { color: #333 } }");
        document.adoptedStyleSheets = [sheet];
    """,
    "2 h1": "document.querySelector('main').append(document.createElement('h1'))",
    "no title": "document.title = ' '",
    "px wide": "document.querySelector('h1').style.width = '2000px'",
    "console: planted": "console.warn('planted')",
    "script: planted": "setTimeout(() => { throw 'planted' }, 0)",
    "answer 404": "return fetch('/nothing/').then(answer => answer.text())",
}


@pytest.mark.parametrize("failure", PLANTED)
def test_a_planted_failure_is_found(failure: str, staff: Page, watch: Watch):
    staff.goto("/account/")
    staff.evaluate(f"() => {{ {PLANTED[failure]} }}")
    assert any(failure in found for found in failures(staff, watch))


def test_a_visit_to_another_host_is_found(page: Page, watch: Watch, live_server):
    # It loads nothing else: a page asks for its mark at any time, perhaps after the test has looked.
    address = live_server.url.replace("localhost", "127.0.0.1") + reverse("healthz")
    page.goto(address)
    assert watch.problems() == [f"request to another host: {address}"]
