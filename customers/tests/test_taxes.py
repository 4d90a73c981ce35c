"""Tax codes: one is the default, and a rate begins on a day, never in the past of another."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone

from customerflow.staff.roles import MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.models import TaxCode
from customers.taxes import add_rate, remove_rate, save_tax_code
from customers.tests.factories import make_plan, make_tax_code

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TODAY = date(2026, 11, 20)


def test_the_new_default_takes_the_place_of_the_one_before():
    first, second = make_tax_code(is_default=True), make_tax_code()
    second.is_default = True
    save_tax_code(code=second)
    first.refresh_from_db()
    assert (TaxCode.objects.default(), first.is_default, first.version) == (second, False, 2)


def test_the_first_rate_may_begin_any_day_and_another_one_today_or_later():
    code = make_tax_code(None)
    assert code.percent(TODAY) is None
    add_rate(code=code, percent=Decimal(19), valid_from=date(2020, 1, 1), on=TODAY)
    with pytest.raises(ValidationError, match="today or later"):
        add_rate(code=code, percent=Decimal(20), valid_from=TODAY - DAY, on=TODAY)
    add_rate(code=code, percent=Decimal("20.5"), valid_from=TODAY, on=TODAY)
    with pytest.raises(ValidationError, match="already has a rate"):
        add_rate(code=code, percent=Decimal(21), valid_from=TODAY, on=TODAY)
    assert [code.percent(day) for day in (TODAY - DAY, TODAY)] == [Decimal(19), Decimal("20.5")]


def test_only_a_rate_that_has_not_begun_is_removed():
    code = make_tax_code("20", valid_from=TODAY)
    with pytest.raises(ValidationError, match="in force already"):
        remove_rate(rate=code.rates.get(), on=TODAY)
    remove_rate(rate=code.rates.get(), on=TODAY - DAY)
    assert not code.rates.exists()


def test_a_tax_code_of_a_plan_stays():
    code = make_tax_code()
    make_plan(tax_code=code)
    with pytest.raises(ProtectedError):
        code.delete()


def test_a_tax_code_is_added_with_its_first_rate_given_another_and_made_the_default(client):
    client.force_login(make_user(is_superuser=True))
    make_tax_code(is_default=True)
    today = timezone.localdate()
    typed = {"name": "VAT reduced", "is_default": "on", "percent": "7", "valid_from": "2020-01-01"}
    page = client.post("/tax-codes/new/", typed)["Location"]
    code = TaxCode.objects.default()
    assert (code.name, code.percent(today), page) == ("VAT reduced", Decimal(7), code.get_absolute_url())
    later = today + 30 * DAY
    assert client.post(f"{page}rates/new/", {"percent": "7.5", "valid_from": later})["Location"] == page
    assert "7.5 %" in client.get(page).content.decode()
    assert "7 %" in client.get("/tax-codes/?q=reduced").content.decode()
    assert "VAT reduced" not in client.get("/tax-codes/?q=standard").content.decode()
    client.post(f"{page}rates/{code.rates.get(valid_from=later).pk}/remove/")
    assert code.rates.count() == 1
    form = client.post(f"{page}edit/", {"name": "VAT low", "is_default": "on", "version": code.version})
    assert form.status_code == 302
    code.refresh_from_db()
    assert (code.name, code.is_default) == ("VAT low", True)


def test_a_plan_names_its_tax_code_and_the_code_leads_to_its_plans(client):
    client.force_login(make_user(is_superuser=True))
    plan, code = make_plan(), make_tax_code()
    typed = {"name": plan.name, "kind": plan.kind, "price": "10", "tax_code": code.pk, "version": plan.version}
    assert client.post(f"/plans/{plan.pk}/edit/", typed).status_code == 302
    assert code.name in client.get(plan.get_absolute_url()).content.decode()
    assert plan.name in client.get(f"/plans/?tax_code={code.pk}").content.decode()
    assert f"?tax_code={code.pk}" in client.get(code.get_absolute_url()).content.decode()


def test_support_sees_rates_and_only_a_manager_adds_one(client):
    page = make_tax_code().get_absolute_url()
    for group, status in ((SUPPORT, 403), (MANAGER, 200)):
        client.force_login(make_user(group))
        assert client.get(page).status_code == 200
        assert client.get(f"{page}rates/new/").status_code == status
