"""The pages of shadow billing, from the comparison to going live."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.models import BillingStart
from customerflow.staff.roles import BILLING, MANAGER
from customerflow.staff.tests.factories import make_user
from shadow.models import ShadowRun
from shadow.tests.factories import make_opening_balance, make_shadow_item, make_shadow_run
from shadow.tests.test_running import FIRST, LAST, subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    client.force_login(make_user(MANAGER), backend="customerflow.staff.backends.GroupsBackend")
    return client


def test_a_month_is_compared_accepted_and_goes_live(manager):
    customer = subscriber("35.00", there="30.00")
    make_opening_balance("30.00", customer=customer)
    typed = {"origin": "Old", "first_day": "2026-04-01"}
    page = manager.post(reverse("shadow:shadowrun_create"), typed, follow=True)
    run = ShadowRun.objects.get()
    assert (run.first_day, run.last_day, run.issued_from, run.issued_to) == (FIRST, LAST, FIRST, LAST)
    assert run.state == ShadowRun.State.DONE
    assert "There are differences that nobody has put right or accepted." in page.content.decode()
    item = manager.get(run.items.get().get_absolute_url()).content.decode()
    assert "Fibre 500: 30.00 there, 35.00 here" in item
    manager.post(run.items.get().get_absolute_url(), {"because": "Agreed rise"})
    assert run.items.get().accepted_because == "Agreed rise"
    page = manager.post(reverse("shadow:shadowrun_go_live", args=[run.pk]), follow=True).content.decode()
    assert "Customers are billed here from 2026-05-01 on." in page
    assert BillingStart.objects.get().day == date(2026, 5, 1)


def test_going_live_is_refused_in_words_while_something_is_in_the_way(manager):
    make_shadow_item()
    run = make_shadow_run()
    page = manager.post(reverse("shadow:shadowrun_go_live", args=[run.pk]), follow=True).content.decode()
    assert "There are differences that nobody has put right or accepted." in page
    assert not BillingStart.objects.exists()


def test_the_same_month_is_compared_again_and_not_twice(manager):
    subscriber(there="30.00")
    make_shadow_run()
    typed = {"origin": "Old", "first_day": "2026-04-01"}
    page = manager.post(reverse("shadow:shadowrun_create"), typed).content.decode()
    assert "This month is compared with that system already: compare it again." in page
    manager.post(reverse("shadow:shadowrun_again", args=[ShadowRun.objects.get().pk]))
    assert ShadowRun.objects.get().items.get().outcome == "equal"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"origin": "Older", "first_day": "2026-04-01"}, "Older is not one of the available choices"),
        ({"origin": "Old", "first_day": "2026-04-01", "last_day": "2026-03-01"}, "must not be before"),
        ({"origin": "Old", "first_day": "2026-04-01", "last_day": "2029-03-01"}, "Compare at most a year at once."),
    ],
)
def test_what_cannot_be_compared_is_said_at_its_field(manager, typed, said):
    subscriber(there="30.00")
    assert said in manager.post(reverse("shadow:shadowrun_create"), typed).content.decode()
    assert not ShadowRun.objects.exists()


def test_many_are_accepted_by_what_they_are(manager):
    run = make_shadow_run()
    make_shadow_item(run=run, here=Decimal("10.01"))
    make_shadow_item(run=run, here=Decimal("20.00"))
    address = reverse("shadow:shadowrun_accept", args=[run.pk])
    page = manager.post(address, {"outcomes": ["differs"], "most": "0.01", "because": "Rounded"}, follow=True)
    assert "1 customer accepted." in page.content.decode()
    page = manager.post(address, {"outcomes": ["only_here"], "because": "New"})
    assert "Nothing of what is in the way is like this." in page.content.decode()
    listed = manager.get(reverse("shadow:shadowitem_list"), {"run": run.pk, "in_the_way": "true"}).content.decode()
    assert listed.count("<tr data-href") == 1


def test_who_may_only_look_accepts_nothing(client):
    client.force_login(make_user(BILLING), backend="customerflow.staff.backends.GroupsBackend")
    item = make_shadow_item()
    assert client.get(item.get_absolute_url()).status_code == 200
    assert client.post(item.get_absolute_url(), {"because": "No"}).status_code == 403
    assert client.post(reverse("shadow:shadowrun_go_live", args=[item.run_id])).status_code == 403
