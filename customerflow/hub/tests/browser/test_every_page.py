"""Every page that the URL resolver knows meets the floors, with a record of every kind in the books."""

from itertools import groupby

import pytest
from playwright.sync_api import Page as BrowserPage

from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.watching import Watch
from customerflow.tests.pages import Page, pages

# Addresses that answer a GET with something else than a page of their own for people.
NO_PAGES = {
    *("healthz", "readyz", "login", "customer_export", "loads:rejects"),
    *("billing:statement_pdf", "billing:document_download", "billing:print_download"),
    *("billing:draft_preview", "dunning:notice_letter", "dunning:template_letter"),
    *("admin:", "admin:autocomplete", "admin:jsi18n", "admin:login", "admin:logout", "admin:view_on_site"),
}


def is_shown(page: Page) -> bool:
    """Return whether people see the page by opening its address."""
    if page.name in NO_PAGES or page.name.endswith("_lookup"):
        return False
    view = getattr(page.callback, "view_class", None)
    if view is None:
        return True
    return hasattr(view, "get") and "get" in page.callback.view_initkwargs.get(
        "http_method_names", view.http_method_names
    )


def area(page: Page) -> str:
    """Return the name of the pages tested together: of one kind of record; in the administration, of one app."""
    namespace = page.name.rpartition(":")[0]
    if namespace == "admin" and page.model:
        return f"admin:{page.model._meta.app_label}"
    return f"{namespace}:{page.model._meta.model_name}" if page.model else namespace or "frame"


PAGES = list(filter(is_shown, pages()))
AREAS = {name: list(group) for name, group in groupby(sorted(PAGES, key=area), key=area)}


@pytest.mark.once
@pytest.mark.parametrize("name", AREAS)
def test_every_page_meets_the_floors(name: str, one_of_each: None, staff: BrowserPage, watch: Watch):
    # What the administration only shows can be neither added nor removed there.
    watch.expected = {403} if name.startswith("admin:") else set()
    found = {}
    for page in AREAS[name]:
        answer = staff.goto(page.address())
        # The page of a refusal is one and the same: `test_states` looks at it.
        if answer.status == 403:
            continue
        if failed := failures(staff, watch):
            found[page.name] = failed
    assert found == {}


def test_the_walk_goes_to_the_pages():
    assert len(PAGES) > 120
    assert {"frame", "customers:customer", "billing:invoice", "admin:tickets"} <= AREAS.keys()
