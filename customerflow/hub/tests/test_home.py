"""The home page: every figure is the count of exactly the rows that its link opens."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from billing.tests.factories import make_invoice
from customers.tests.factories import make_customer, make_service
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def business():
    today = timezone.localdate()
    make_customer(status="lead")
    make_service(cost=Decimal("120.00"), billing_interval=12, starts_on=today)
    make_service(cost=Decimal("9.99"), starts_on=today)
    make_service(starts_on=today + timedelta(days=1))
    make_invoice("10.00", on=today - timedelta(days=30), due_on=today - timedelta(days=1))
    make_invoice("5.00", on=today, due_on=today)
    make_ticket()


def figures_of(response):
    return {str(figure.label): figure for figure in response.context["figures"]}


def test_each_figure_counts_the_rows_that_it_opens(admin_client, business):
    figures = figures_of(admin_client.get(reverse("home")))
    assert len(figures) == 8
    for figure in figures.values():
        page = admin_client.get(figure.url).context["page"]
        assert (page.count, len(page.rows)) == (figure.count, figure.count)


def test_money_is_added_up_exactly(admin_client, business):
    figures = figures_of(admin_client.get(reverse("home")))
    assert figures["Active services"].total == Decimal("19.99")
    assert figures["Open invoices"].total == Decimal("15.00")
    assert figures["Overdue invoices"].total == Decimal("10.00")


def test_counts_of_many_stop_at_the_limit_and_sums_are_kept_for_a_while(admin_client, business, monkeypatch):
    cache.clear()
    monkeypatch.setattr("customerflow.hub.figures.COUNT_LIMIT", 1)
    figure = figures_of(admin_client.get(reverse("home")))["Open invoices"]
    assert (figure.shown_count, figure.is_capped, figure.total) == (1, True, Decimal("15.00"))
    make_invoice("1.00")
    assert figures_of(admin_client.get(reverse("home")))["Open invoices"].total == Decimal("15.00")
    cache.clear()


def test_only_what_a_person_may_see_is_shown(client, django_user_model, business):
    client.force_login(django_user_model.objects.create_user("stranger"))
    response = client.get(reverse("home"))
    assert response.context["figures"] == []
    assert response.context["actions"] == []
    assert response.context["panels"] == []


def test_the_tickets_of_the_person_are_listed(client, django_user_model):
    user = django_user_model.objects.create_superuser("boss")
    client.force_login(user)
    make_ticket(subject="Mine to do", assignee=user)
    make_ticket(subject="Somebody else's")
    page = client.get(reverse("home")).content.decode()
    assert "Mine to do" in page
    assert "Somebody else" not in page
