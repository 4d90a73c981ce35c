import pytest
from django.test import Client

from billing.models import Allocation, Invoice, InvoiceLine, Payment
from billing.payments import reverse_payment
from billing.tests.factories import make_invoice, make_payment
from customerflow.tests.administering import enter, page_of
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db

MONEY = [Allocation, Invoice, InvoiceLine, Payment]


@pytest.fixture
def administrator(client: Client) -> Client:
    return enter(client)


def make_paid_invoice() -> Invoice:
    """An invoice with a line, and a payment with an allocation to it."""
    invoice = make_invoice()
    make_payment("20.00", customer=invoice.customer)
    return invoice


@pytest.mark.parametrize("model", MONEY, ids=lambda model: model.__name__)
def test_an_administrator_reads_money_and_can_change_none(administrator, model):
    make_paid_invoice()
    record = model.objects.get()
    page = page_of(model, "change", record.pk)
    assert administrator.get(page_of(model, "changelist")).status_code == 200
    assert 'name="_save"' not in administrator.get(page).content.decode()
    assert administrator.post(page, {"amount": "1"}).status_code == 403
    assert administrator.post(page_of(model, "add"), {"amount": "1"}).status_code == 403
    assert administrator.post(page_of(model, "delete", record.pk), {"post": "yes"}).status_code == 403
    assert 'name="action"' not in administrator.get(page_of(model, "changelist")).content.decode()


@pytest.mark.parametrize("model", MONEY, ids=lambda model: model.__name__)
def test_others_do_not_see_it_there(client, django_user_model, model):
    make_paid_invoice()
    client.force_login(django_user_model.objects.create_user("support"))
    pages = [page_of(model, "changelist"), page_of(model, "change", model.objects.get().pk)]
    assert [client.get(page, follow=True).status_code for page in pages] == [403, 403]


@pytest.mark.parametrize("model", MONEY, ids=lambda model: model.__name__)
def test_a_list_takes_as_many_queries_for_50_rows_as_for_10(
    administrator, model, django_assert_max_num_queries, django_assert_num_queries
):
    url = page_of(model, "changelist")
    for _ in range(10):
        make_paid_invoice()
    with django_assert_max_num_queries(8) as few:
        administrator.get(url)
    for _ in range(40):
        make_paid_invoice()
    with django_assert_num_queries(len(few)):
        assert administrator.get(url).context["cl"].result_count == 50


def test_invoices_are_found_by_how_they_stand(administrator):
    draft = Invoice.objects.create(
        customer=make_customer(), issued_on="2026-03-01", posted_on="2026-03-01", due_on="2026-03-15"
    )
    overdue = make_invoice()
    paid = make_invoice()
    make_payment("59.99", customer=paid.customer)

    def found(standing: str) -> list[Invoice]:
        page = administrator.get(page_of(Invoice, "changelist"), {"standing": standing})
        return list(page.context["cl"].result_list)

    assert found("draft") == [draft]
    assert found("open") == found("overdue") == [overdue]
    assert len(found("nonsense")) == 3


def test_payments_with_credit_are_found(administrator):
    with_credit = make_payment("10.00")
    reverse_payment(payment=make_payment("10.00"), reason="Bounced", on=with_credit.received_on)
    make_paid_invoice()
    page = administrator.get(page_of(Payment, "changelist"), {"credit": "yes"})
    assert list(page.context["cl"].result_list) == [with_credit]


def test_lines_are_found_by_their_invoice(administrator):
    invoice = make_paid_invoice()
    make_paid_invoice()
    page = administrator.get(page_of(InvoiceLine, "changelist"), {"q": invoice.customer.name})
    assert [line.invoice for line in page.context["cl"].result_list] == [invoice]
