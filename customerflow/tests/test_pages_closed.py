"""Everything is closed until it is opened. Each test walks every page of the URL resolver and lists what is wrong."""

import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from customerflow.staff.roles import ADMINISTRATOR, GROUPS, permissions_of
from customerflow.staff.tests.factories import make_user
from customerflow.tests.pages import NO_SUCH_RECORD, make_one_of_each, pages

# The pages that are open on purpose; all others are closed.
OPEN_TO_STRANGERS = {
    *("login", "logout", "healthz", "readyz"),
    # Calendar programs cannot log in: they have a link that nobody finds, and that can be withdrawn.
    "visits:calendar_feed",
}
OPEN_TO_ALL_STAFF = {
    "home",
    "search",
    "account",
    "account_notices",
    "password_change",
    "password_change_done",
    "jobs:job_list",
}

# The right that each screen of a model needs; written down here again, so that a slip in the screens is found.
RIGHTS = {
    "list": "view",
    "detail": "view",
    "lookup": "view",
    "create": "add",
    "update": "change",
    "delete": "delete",
}
PAGES = pages()
CLOSED = [page for page in PAGES if page.name not in OPEN_TO_STRANGERS]
pytestmark = pytest.mark.django_db


@pytest.fixture
def addresses() -> dict:
    """Every page with an address at which there is something to see."""
    make_one_of_each()
    return {page: page.address() for page in PAGES}


@pytest.fixture
def administrator(client):
    client.force_login(make_user(ADMINISTRATOR))
    return client


def test_the_walk_finds_the_pages():
    names = {page.name for page in PAGES}
    assert {"home", "login", "customers:customer_close", "billing:invoice_list", "admin:staff_user_change"} <= names
    assert names >= OPEN_TO_STRANGERS | OPEN_TO_ALL_STAFF


@pytest.mark.once
def test_a_stranger_is_sent_to_the_log_in(client, addresses):
    doors = (reverse("login"), reverse("admin:login"))

    def is_closed(response) -> bool:
        return response.status_code == 302 and response.url.startswith(doors)

    reached = [
        f"{method.__name__} {page}"
        for page in CLOSED
        for method in (client.get, client.post)
        if not is_closed(method(addresses[page]))
    ]
    assert reached == []


@pytest.mark.once
def test_staff_without_any_right_are_refused(client, addresses):
    client.force_login(make_user())
    reached = {}
    for page in CLOSED:
        address = addresses[page]
        statuses = {client.get(address, follow=True).status_code, client.post(address, follow=True).status_code}
        if page.name not in OPEN_TO_ALL_STAFF and not {403} <= statuses <= {403, 405}:
            reached[page] = statuses
    assert reached == {}


@pytest.mark.once
@pytest.mark.parametrize("group", GROUPS)
def test_a_group_reaches_exactly_the_screens_that_its_rights_open(group: str, client, addresses):
    client.force_login(make_user(group))
    rights, walked, wrong = permissions_of(group), 0, {}
    for page in CLOSED:
        app, _, name = page.name.partition(":")
        model, _, action = name.rpartition("_")
        if app == "admin" or page.model is None or action not in RIGHTS or model != page.model._meta.model_name:
            continue
        walked += 1
        status = client.get(addresses[page]).status_code
        if (status != 403) != (f"{app}.{RIGHTS[action]}_{model}" in rights):
            wrong[page] = status
    assert wrong == {}
    assert walked > 20


def everything_stored() -> dict:
    """Every row of every table. A page may try something out and roll it back; it may not leave anything."""
    return {model: sorted(model._base_manager.values_list(), key=str) for model in apps.get_models()}


class Writes:
    """Counts the statements that may write: all but questions, and but savepoints."""

    HARMLESS = ("SELECT", "WITH", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
    WRITING = re.compile(r"\b(INSERT|UPDATE|DELETE)\b")

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute, sql, params, many, context):
        self.count += not sql.lstrip("( \n").startswith(self.HARMLESS) or bool(self.WRITING.search(sql))
        return execute(sql, params, many, context)


def test_reading_a_page_changes_nothing(administrator, addresses):
    before, wrong = everything_stored(), {}
    for page, address in addresses.items():
        with connection.execute_wrapper(writes := Writes()):
            response = administrator.get(address)
            list(response)  # a file is made while it is read
        # Looking at everything takes longer than most pages do.
        after = everything_stored() if writes.count else before
        if response.status_code >= 500 or after != before:
            wrong[page] = response.status_code
        before = after
    assert wrong == {}
    assert everything_stored() == before


@pytest.mark.once
def test_an_unknown_record_is_not_found(administrator, addresses):
    wrong = {}
    for page in PAGES:
        if not page.is_of_a_record:
            continue
        address = page.address(NO_SUCH_RECORD)
        statuses = {administrator.get(address).status_code, administrator.post(address).status_code}
        # Django's administration goes to its first page and says there that there is no such record.
        allowed = {302, 403, 404} if page.name.startswith("admin:") or "admin/" in page.route else {404, 405}
        if not statuses <= allowed or statuses == {405}:
            wrong[page] = statuses
    assert wrong == {}


@pytest.mark.once
def test_a_post_without_a_token_is_refused(addresses):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(ADMINISTRATOR))
    assert [str(page) for page in PAGES if client.post(addresses[page]).status_code != 403] == []


def test_the_rights_exist_that_the_table_of_roles_names():
    known = {f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")}
    assert set().union(*map(permissions_of, GROUPS)) <= known
