import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry

from customerflow.administration import ReadOnlyAdmin, RecordAdmin
from customerflow.loads.models import Load
from customerflow.series.models import NumberSeries
from customerflow.staff.models import User
from customerflow.tests.administering import enter, page_of
from customers.models import Customer

OURS = [
    model
    for model in apps.get_models()
    if not model.__module__.startswith(("django.", "django_tasks_db.", "axes.", "customerflow.staff."))
    # What nobody has rights on is a part of something that has pages.
    and model._meta.default_permissions
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_model_has_pages_with_our_rules(model):
    assert isinstance(admin.site.get_model_admin(model), (RecordAdmin, ReadOnlyAdmin))


@pytest.mark.parametrize("model", [Load, NumberSeries], ids=lambda model: model.__name__)
def test_history_and_series_are_only_read_even_by_a_superuser(client, db, django_user_model, model):
    administrator = client
    administrator.force_login(django_user_model.objects.create_superuser("root"))
    NumberSeries.objects.take("customer")
    Load.objects.create(name="id.csv")
    record = model.objects.get()
    page = page_of(model, "change", record.pk)
    assert administrator.get(page_of(model, "changelist")).status_code == 200
    assert administrator.get(page).status_code == 200
    assert administrator.post(page, {"name": "x"}).status_code == 403
    assert administrator.post(page_of(model, "add"), {"name": "x"}).status_code == 403
    assert administrator.post(page_of(model, "delete", record.pk), {"post": "yes"}).status_code == 403


def test_the_first_page_leads_back_to_the_product(client, db):
    page = enter(client).get("/admin/").content.decode()
    assert 'href="/"' in page
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("model", [Customer, User], ids=lambda model: model.__name__)
@pytest.mark.parametrize("key", ["9" * 30, "abc", "-1", "\u0661", ""])
def test_a_chosen_row_that_cannot_be_is_a_bad_request(client, db, model, key):
    data = {"action": "ReopenCustomers", "select_across": 0, "_selected_action": [key]}
    assert enter(client).post(page_of(model, "changelist"), data).status_code == 400


@pytest.mark.parametrize(
    "query", [{"status__exact": "\0"}, {"id__exact": "9" * 30}, {"id__in": f"1,{'9' * 30}"}, {"e": "\0"}]
)
def test_a_filter_that_no_row_could_match_is_a_bad_request(client, db, query):
    assert enter(client).get(page_of(Customer, "changelist"), query).status_code == 400


def test_a_search_may_be_for_anything(client, db):
    assert enter(client).get(page_of(Customer, "changelist"), {"q": "9" * 30 + "\0"}).status_code == 200
