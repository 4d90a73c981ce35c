"""The pages of collections, as staff use them."""

from datetime import date, timedelta
from re import findall
from uuid import uuid4

import pytest
from django.urls import reverse

from billing.tests.factories import TODAY, make_invoice
from customerflow.staff.roles import SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.models import Customer
from customers.tests.factories import make_customer
from dunning.collecting import assign
from dunning.models import Assignment, ContactAttempt, NextAction, Promise
from dunning.tests.factories import make_next_action, make_promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
WORKLIST, AGEING = reverse("dunning:worklist"), reverse("billing:ageing")
TOMORROW = TODAY + timedelta(days=1)


def text_of(response) -> str:
    return response.content.decode()


def make_late(amount: str, days: int, **customer) -> Customer:
    due_on = TODAY - timedelta(days=days)
    return make_invoice(amount, customer=make_customer(**customer), on=date(2025, 1, 1), due_on=due_on).customer


def shown(client, query: str = "") -> list[Customer]:
    response = client.get(f"{WORKLIST}?{query}")
    assert response.context["problems"] == []
    return [row.customer for row in response.context["page"].rows]


def test_every_amount_of_the_ageing_report_that_is_late_opens_the_rows_behind_it(clerk):
    for days, amount in ((10, "30.00"), (12, "9.00"), (40, "7.00"), (70, "6.00"), (200, "5.00")):
        make_late(amount, days, number=f"A-{days}")
    make_late("30.00", 10, number="A-100")
    cells = findall(r'href="([^"]*worklist[^"]*)">(?:<b>)?([\d.]+)', text_of(clerk.get(AGEING)))
    assert len(cells) == 6 + 4
    for address, amount in cells:
        page = clerk.get(address.replace("&amp;", "&")).context
        assert f"{page['total']}" == amount
        assert sum(row.overdue_amount for row in page["page"].rows) == page["total"]
        assert page["page"].count == len(page["page"].rows)
        invoices = clerk.get(page["invoices_url"]).context["page"].rows
        assert f"{sum(invoice.open_amount for invoice in invoices)}" == amount


def test_rows_are_filtered_sorted_and_exported(clerk):
    me = make_user()
    one, two = make_late("10.00", 40, name="Ann"), make_late("90.00", 5, name="Bob")
    assign(customers=[one], owner=me, on=TODAY)
    make_next_action(customer=two)
    make_promise(customer=two, on=TODAY - timedelta(days=3), due_on=TODAY - timedelta(days=2))
    assert shown(clerk) == [two, one]
    assert shown(clerk, "sort=oldest") == [one, two]
    assert shown(clerk, f"owner={me.pk}") == [one]
    assert shown(clerk, "owner=me") == []
    assert shown(clerk, "owner=nobody") == [two]
    assert shown(clerk, "planned=due") == [two]
    assert shown(clerk, "promise=broken") == [two]
    assert shown(clerk, "age=late_60") == [one]
    assert shown(clerk, f"customer={two.number}&q=bob") == [two]
    assert shown(clerk, "customer=none") == []
    exported = b"".join(clerk.get(f"{WORKLIST}?export=csv").streaming_content).decode("utf-8-sig")
    assert exported.splitlines()[1].startswith("Bob,")


def test_ticked_rows_or_all_that_match_get_an_owner(clerk):
    one, two, paid = make_late("10.00", 40), make_late("90.00", 5), make_customer()
    me = make_user(SUPPORT)
    clerk.post(WORKLIST, {"chosen": [one.pk], "owner": me.pk})
    assert {each.customer for each in Assignment.objects.current()} == {one}
    clerk.post(f"{WORKLIST}?owner=nobody", {"all": "1", "owner": me.pk})
    assert {each.customer for each in Assignment.objects.current()} == {one, two}
    clerk.post(WORKLIST, {"chosen": [one.pk], "owner": ""})
    assert {each.customer for each in Assignment.objects.current()} == {two}
    assert "No row was chosen" in text_of(clerk.post(WORKLIST, {"owner": me.pk}, follow=True))
    assert not paid.assignments.exists()


def test_a_contact_is_recorded_by_opening_the_form_and_sending_it(clerk):
    customer = make_late("10.00", 40)
    address, here = reverse("dunning:contact", args=[customer.pk]), f"{WORKLIST}?owner=nobody"
    form = clerk.get(address, headers={"referer": f"http://testserver{here}"}).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    assert clerk.post(address, sent).url == here
    assert clerk.post(address, sent | {"back": "https://example.com/"}).url == customer.get_absolute_url()
    (contact,) = ContactAttempt.objects.all()
    assert (contact.way, contact.is_reached, contact.made_on) == ("call", True, TODAY)
    again = {**sent, "key": uuid4(), "is_reached": "no", "note": "No answer", "next_on": TOMORROW, "next_way": "visit"}
    clerk.post(address, again)
    assert NextAction.objects.get().way == "visit"
    page = text_of(clerk.get(customer.get_absolute_url()))
    assert [each for each in ("No answer", "not reached", "Visit", "Contact recorded") if each not in page] == []


def test_a_promise_is_recorded_shown_and_withdrawn(clerk):
    customer = make_late("10.00", 40)
    address = reverse("dunning:promise", args=[customer.pk])
    form = clerk.get(address).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    clerk.post(address, sent)
    promise = Promise.objects.get()
    assert (promise.due_on, [*promise.invoices.all()]) == (TODAY + timedelta(days=7), [*customer.invoices.all()])
    assert "Open" in text_of(clerk.get(customer.get_absolute_url()))
    refused = clerk.post(address, sent | {"key": uuid4()})
    assert "There is an open promise already" in text_of(refused)
    clerk.post(reverse("dunning:promise_withdraw", args=[promise.pk]), {"reason": "Lost the job"})
    promise.refresh_from_db()
    assert promise.withdrawal_reason == "Lost the job"


def test_a_row_of_broken_promises_is_a_warning(clerk):
    customer = make_late("10.00", 40)
    for days in (9, 6):
        make_promise(customer=customer, on=TODAY - timedelta(days=days), due_on=TODAY - timedelta(days=days - 1))
    assert "last 2 promises" in text_of(clerk.get(reverse("dunning:promise", args=[customer.pk])))


def test_whoever_sees_no_invoices_sees_no_worklist_and_a_customer_who_pays_no_panel(client, clerk):
    client.force_login(make_user(TECHNICIAN))
    assert client.get(WORKLIST).status_code == 403
    assert client.post(WORKLIST, {"all": "1"}).status_code == 403
    client.force_login(make_user(SUPPORT))
    assert 'id="collections"' not in text_of(client.get(make_customer().get_absolute_url()))
    assert 'id="collections"' in text_of(client.get(make_late("1.00", 1).get_absolute_url()))
