"""Lists that people come back to: their own, and what is shared."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from customerflow.saved_views.forgetting import forget_views
from customerflow.saved_views.lists import kinds_of_list, tidy
from customerflow.saved_views.models import SavedView
from customerflow.saved_views.tests.factories import make_saved_view
from customerflow.staff.roles import ADMINISTRATOR, MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user

pytestmark = pytest.mark.django_db
TICKETS = "tickets:ticket_list"


@pytest.fixture
def me():
    return make_user(SUPPORT)


@pytest.fixture
def mine(client, me):
    client.force_login(me, backend="customerflow.staff.backends.GroupsBackend")
    return client


def page_of(client, address: str) -> str:
    return client.get(address).content.decode()


def link_in(page: str, label: str) -> str:
    return unescape(re.search(rf'<a href="([^"]+)">{label}</a>', page)[1])


def test_a_list_is_kept_as_it_is_filtered_and_sorted_and_found_above_it_again(mine, me):
    page = page_of(mine, "/tickets/?queue=late&priority=&sort=-due&size=100")
    address = link_in(page, "Save this view")
    asked = parse_qs(urlsplit(address).query)
    assert "Late" not in page_of(mine, f"{reverse('saved_views:offered')}?list={TICKETS}")
    answer = mine.post(address, {"name": "Late first", "list": asked["list"][0], "query": asked["query"][0]})
    assert answer["Location"] == "/tickets/?queue=late&sort=-due&size=100"
    view = SavedView.objects.get()
    assert (view.owner, view.list, view.is_shared) == (me, TICKETS, False)
    offered = page_of(mine, f"{reverse('saved_views:offered')}?list={TICKETS}")
    assert link_in(offered, "Late first") == view.address
    assert page_of(mine, f"{reverse('saved_views:offered')}?list=customers:customer_list").strip() == ""


def test_the_list_asks_for_its_views_by_itself_and_takes_no_query_more(mine, me, django_assert_max_num_queries):
    make_saved_view(owner=me, list=TICKETS)
    with django_assert_max_num_queries(8):
        page = page_of(mine, "/tickets/")
    assert f'hx-get="{reverse("saved_views:offered")}?list=tickets%3Aticket_list"' in page
    assert "Save this view" not in page


def test_a_view_is_private_until_it_is_shared(mine, client):
    hers = make_saved_view(name="Hers", list=TICKETS, is_shared=False)
    shared = make_saved_view(name="Everybody’s", list=TICKETS)
    offered = page_of(mine, f"{reverse('saved_views:offered')}?list={TICKETS}")
    assert "Hers" not in offered
    assert shared.address.replace("&", "&amp;") in offered
    assert mine.get(hers.get_absolute_url()).status_code == 404
    assert "Hers" not in page_of(mine, reverse("saved_views:savedview_list"))


def test_only_its_owner_and_administrators_change_what_is_shared(client):
    view = make_saved_view()
    addresses = [reverse(f"saved_views:savedview_{act}", args=[view.pk]) for act in ("update", "delete")]
    for person, status in (
        (make_user(MANAGER), 404),
        (make_user(ADMINISTRATOR), 200),
        (make_user(is_superuser=True), 200),
    ):
        client.force_login(person, backend="customerflow.staff.backends.GroupsBackend")
        assert [client.get(address).status_code for address in addresses] == [status] * 2
        assert ("/edit/" in page_of(client, view.get_absolute_url())) == (status == 200)
        client.post(addresses[0], {"name": f"By {person}", "is_shared": "on", "version": view.version})
        view.refresh_from_db()
    assert view.name == f"By {person}"


def test_nobody_else_sees_or_removes_what_is_private(client):
    view = make_saved_view(is_shared=False)
    client.force_login(make_user(ADMINISTRATOR), backend="customerflow.staff.backends.GroupsBackend")
    assert client.post(reverse("saved_views:savedview_delete", args=[view.pk])).status_code == 404
    assert client.get(reverse("admin:saved_views_savedview_change", args=[view.pk])).status_code in (302, 404)
    assert SavedView.objects.filter(pk=view.pk).exists()


def test_a_view_is_renamed_shared_and_removed_by_its_owner(mine, me):
    view = make_saved_view(owner=me, is_shared=False)
    address = reverse("saved_views:savedview_update", args=[view.pk])
    mine.post(address, {"name": "Newest", "is_shared": "on", "version": 1, "query": "q=x"})
    view.refresh_from_db()
    assert (view.name, view.is_shared, view.query) == ("Newest", True, "sort=-name")
    mine.post(reverse("saved_views:savedview_delete", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_two_views_of_one_list_do_not_have_one_name(mine, me):
    make_saved_view(owner=me, list=TICKETS, name="Late")
    fields = {"name": "Late", "list": TICKETS, "query": "queue=late"}
    assert "with this name" in mine.post(reverse("saved_views:savedview_create"), fields).content.decode()
    mine.post(reverse("saved_views:savedview_create"), {**fields, "list": "customers:customer_list"})
    assert SavedView.objects.filter(name="Late").count() == 2


@pytest.mark.parametrize("name", ["", "home", "no:such", "tickets:ticket_detail", "https://example.com/", "x\0"])
def test_what_is_no_list_is_not_kept(mine, name):
    mine.post(reverse("saved_views:savedview_create"), {"name": "X", "list": name, "query": ""})
    assert not SavedView.objects.exists()
    assert kinds_of_list(name) == ""


def test_a_list_and_a_filter_that_are_gone_break_nothing(mine, me):
    gone = make_saved_view(owner=me, list="tickets:gone_list", name="Gone")
    changed = make_saved_view(owner=me, list=TICKETS, query="colour=red", name="Red")
    assert gone.address == gone.get_absolute_url()
    assert mine.get(gone.address).status_code == 200
    assert mine.get(reverse("saved_views:savedview_list")).status_code == 200
    assert "is not a filter of this list" in page_of(mine, changed.address)


@given(st.lists(st.tuples(st.sampled_from(["q", "sort", "after", "export", "type"]), st.text())))
def test_what_is_kept_is_the_filter_alone_and_keeping_it_again_changes_nothing(pairs):
    kept = tidy(urlencode(pairs))
    assert tidy(kept) == kept
    assert not {"after", "export"} & set(parse_qs(kept, keep_blank_values=True))


def test_a_view_that_names_an_erased_customer_goes():
    make_saved_view(name="Late", query="q=Jane+Smith")
    make_saved_view(name="Jane Smith", query="")
    kept = make_saved_view(name="Others", query="q=Smithfield")
    forget_views(lambda text: "Jane Smith" in text)
    assert list(SavedView.objects.all()) == [kept]


def test_two_shared_views_of_one_name_say_whose_the_other_is(mine, me):
    anna = make_user(MANAGER, first_name="Anna", last_name="Berg")
    for owner in (me, anna):
        make_saved_view(owner=owner, list=TICKETS, name="Urgent", is_shared=True)
    make_saved_view(owner=anna, list=TICKETS, name="Late", is_shared=True)
    page = page_of(mine, f"{reverse('saved_views:offered')}?list={TICKETS}")
    assert page.count(">Urgent</a>") == page.count(">Urgent (Anna Berg)</a>") == page.count(">Late</a>") == 1


def test_a_view_is_made_from_its_list_and_what_is_wrong_with_its_filter_is_said(mine):
    new = reverse("saved_views:savedview_create")
    assert f'href="{new}"' not in page_of(mine, reverse("saved_views:savedview_list"))
    typed = {"name": "Long", "list": TICKETS, "query": urlencode({"q": "a" * 1_000})}
    assert "Filter: Ensure this value has at most 1000 characters" in mine.post(new, typed).content.decode()
