import pytest
from django.test import Client

from customerflow.staff.models import User
from customerflow.tests.administering import enter, page_of
from customers.tests.factories import make_customer
from tickets.models import Message, Ticket, TicketType
from tickets.tests.factories import make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db

TICKETS = "/admin/tickets/ticket/"
TYPES = "/admin/tickets/tickettype/"

MAKERS = {
    Message: lambda: make_ticket(body="It is dark.").messages.get(),
    Ticket: make_ticket,
    TicketType: make_ticket_type,
}


@pytest.fixture
def administrator(client: Client) -> Client:
    return enter(client)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_an_administrator_sees_the_pages_and_others_do_not(administrator, client, model):
    record = MAKERS[model]()
    pages = [page_of(model, "changelist"), page_of(model, "change", record.pk)]
    assert [administrator.get(page).status_code for page in pages] == [200, 200]
    assert administrator.get(page_of(model, "add")).status_code == (403 if model is Message else 200)
    client.force_login(User.objects.create_user("support"))
    assert [client.get(page, follow=True).status_code for page in pages] == [403, 403]


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_list_takes_as_many_queries_for_50_rows_as_for_10(
    administrator, model, django_assert_max_num_queries, django_assert_num_queries
):
    url = page_of(model, "changelist")
    for _ in range(10):
        MAKERS[model]()
    with django_assert_max_num_queries(10) as few:
        administrator.get(url)
    for _ in range(40):
        MAKERS[model]()
    with django_assert_num_queries(len(few)):
        assert administrator.get(url).context["cl"].result_count == 50


def test_what_was_said_is_only_read_and_no_ticket_is_removed(administrator):
    message = MAKERS[Message]()
    assert administrator.post(page_of(Message, "change", message.pk), {"body": "x"}).status_code == 403
    assert administrator.post(page_of(Message, "add"), {"body": "x"}).status_code == 403
    for record in (message, message.ticket):
        url = page_of(type(record), "delete", record.pk)
        assert administrator.post(url, {"post": "yes"}).status_code == 403
    assert Message.objects.exists()


def test_a_new_ticket_is_opened_by_the_act_that_gives_its_number(administrator):
    customer, kind = make_customer(), make_ticket_type()
    fields = {"customer": customer.number, "type": kind.pk, "subject": "No signal", "source": "phone", "body": "Dark."}
    page = administrator.post(f"{TICKETS}add/", fields, follow=True)
    ticket = Ticket.objects.get()
    assert (ticket.number, ticket.messages.get().author.username) == ("1", "admin")
    assert str(ticket) in page.content.decode()


def test_a_change_is_a_new_version(administrator):
    ticket = make_ticket()
    fields = {"type": ticket.type_id, "subject": "Slow", "priority": "2_high", "version": 1}
    administrator.post(f"{TICKETS}{ticket.pk}/change/", fields)
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.version) == ("Slow", 2)
