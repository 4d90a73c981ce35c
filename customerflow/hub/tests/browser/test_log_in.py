"""Coming in and going out, as people do."""

import pytest
from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customerflow.staff.tests.factories import PASSWORD, make_user

# What a browser does with a page, no database has a part in.
pytestmark = pytest.mark.once

NEW_PASSWORD = "wrong horse battery staple"


def log_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def change_password(page: Page, old: str, new: str) -> None:
    for name, password in {"old_password": old, "new_password1": new, "new_password2": new}.items():
        page.locator(f"[name={name}]").fill(password)
    page.get_by_role("button", name="Change password").click()


@with_and_without_javascript
def test_a_wrong_password_is_told_and_the_right_one_goes_on(javascript: str, page: Page):
    user = make_user()
    page.goto("/account/?from=bookmark")
    expect(page).to_have_title("Log in · CustomerFlow")
    log_in(page, user.username, NEW_PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("Please enter a correct username and password")
    expect(page.get_by_label("Username")).to_have_value(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/account/?from=bookmark")


def test_after_the_log_out_the_pages_are_closed_again(staff: Page):
    staff.goto("/")
    staff.get_by_role("button", name="Account of").click()
    staff.get_by_role("button", name="Log out").click()
    expect(staff.get_by_role("heading", level=1)).to_have_text("Log in")
    staff.goto("/customers/")
    expect(staff).to_have_url("/login/?next=/customers/")


def test_the_password_is_changed_and_only_the_new_one_opens(staff: Page):
    staff.goto("/account/")
    name = staff.locator("dt", has_text="Log-in name").locator("+ dd").inner_text()
    staff.get_by_role("main").get_by_role("link", name="Change password").click()
    change_password(staff, PASSWORD, "short")
    expect(staff.get_by_role("alert")).to_contain_text("too short")
    change_password(staff, PASSWORD, NEW_PASSWORD)
    expect(staff.get_by_role("main").get_by_role("status")).to_contain_text("Your new password counts from now on")
    staff.get_by_role("button", name="Account of").click()
    staff.get_by_role("button", name="Log out").click()
    log_in(staff, name, PASSWORD)
    expect(staff.get_by_role("alert")).to_be_visible()
    log_in(staff, name, NEW_PASSWORD)
    expect(staff).to_have_url("/")
