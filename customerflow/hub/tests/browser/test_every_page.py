"""Every page that the URL resolver knows meets the floors, with a record of every kind in the books."""

from collections import Counter
from itertools import groupby

import pytest
from playwright.sync_api import Page as BrowserPage

from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.watching import Watch
from customerflow.tests.pages import Page, pages
from customers.models import Customer

# Addresses that answer a GET with something else than a page of their own for people.
NO_PAGES = {
    *("healthz", "readyz", "login", "customer_export", "loads:rejects"),
    *("billing:statement_pdf", "billing:document_download", "billing:print_download"),
    *("tickets:attachment", "tickets:counters", "saved_views:offered", "visits:calendar_feed"),
    *("billing:draft_preview", "dunning:notice_letter", "dunning:template_letter"),
    *("admin:", "admin:autocomplete", "admin:jsi18n", "admin:login", "admin:logout", "admin:view_on_site"),
}
# The templates that a part of the administration may set for its own.
LIKE_EACH_OTHER = {"history": "object_history_template", "delete": "delete_confirmation_template"}
ONE_OF_THEM = Customer


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


def is_like_another(page: Page) -> bool:
    """Return whether the page differs from the same one of other records only in their names: two of Django's own."""
    kind = page.name.rpartition("_")[2]
    if not page.name.startswith("admin:") or kind not in LIKE_EACH_OTHER:
        return False
    model_admin = page.callback.model_admin
    return getattr(model_admin, LIKE_EACH_OTHER[kind]) is None and page.model is not ONE_OF_THEM


def app(page: Page) -> str:
    """Return whose page it is: one of an app, or one of the administration of an app."""
    namespace = page.name.rpartition(":")[0]
    return f"admin:{page.model._meta.app_label}" if namespace == "admin" and page.model else namespace


def area(page: Page) -> str:
    """Return the name of the pages tested together: of one app, or of all that have few."""
    if SIZES[app(page)] > FEW:
        return app(page)
    return "admin" if page.name.startswith("admin:") else "others"


PAGES = list(filter(is_shown, pages()))
WALK = [page for page in PAGES if not is_like_another(page)]
SIZES = Counter(map(app, WALK))
FEW = 10
AREAS = {name: list(group) for name, group in groupby(sorted(WALK, key=area), key=area)}


@pytest.mark.once
@pytest.mark.parametrize("name", AREAS)
def test_every_page_meets_the_floors(name: str, one_of_each: None, staff: BrowserPage, watch: Watch):
    # What the administration only shows can be neither added nor removed there.
    watch.expected = {403} if name.startswith("admin") else set()
    found = {}
    for page in AREAS[name]:
        answer = staff.goto(page.address())
        # The page of a refusal is one and the same: `test_states` looks at it.
        if answer.status == 403:
            continue
        # The frame is the same on all of them.
        if failed := failures(staff, watch, frame=page is AREAS[name][0]):
            found[page.name] = failed
    assert found == {}


def test_the_walk_goes_to_the_pages():
    assert len(WALK) > 450
    assert {"others", "customers", "billing", "admin", "admin:tickets"} <= AREAS.keys()
