from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from itertools import pairwise

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import F, Min, Q, Sum
from django.test import TestCase

from billing.models import Allocation, Invoice, InvoiceLine, Payment, PeriodClosing
from billing.overdue import LateCustomers
from billing.standings import with_standing
from billing.tables import invoice_standing
from customerflow.hub.demo.desk import hire
from customerflow.hub.demo.people import Account, Habit, Kind
from customerflow.hub.demo.today import work_today
from customerflow.staff.models import User
from customers.models import Contact, Customer, Equipment, Location, Plan, PriceChange, Service
from customers.tests.factories import make_customer, make_location, make_plan, make_service
from reports.leaks.finding import find_leaks
from tickets.models import Attachment, IncomingMail, Message, Ticket, TicketType
from tickets.tests.factories import make_ticket_type

pytestmark = pytest.mark.django_db

ON = date(2026, 3, 31)
# As many as the shares of kinds and habits are counted in, so that there is each of them.
CUSTOMERS = 50


def make_demo() -> str:
    out = StringIO()
    call_command("demo", "--customers", str(CUSTOMERS), "--on", ON.isoformat(), stdout=out)
    return out.getvalue()


def everything() -> dict:
    """Return all rows of all tables of the apps."""
    models = [
        model
        for label in ("customers", "billing", "tickets", "staff")
        for model in apps.get_app_config(label).get_models()
    ]
    return {model: list(model.objects.order_by("pk").values()) for model in models}


def test_the_demo_is_made_once_and_leaves_what_is_there_alone():
    call_command("import_ids", stdout=StringIO())
    before = everything()
    fibre = make_plan(name="Fibre 500", price=Decimal("61.50"))
    assert make_demo() == "The demo is made.\n"
    made = everything()
    assert (made[Customer][:2], made[TicketType]) == (before[Customer], before[TicketType])
    assert not Location.objects.filter(customer__number__in=["1", "2"]).exists()
    assert not Invoice.objects.filter(customer__number__in=["1", "2"]).exists()
    fibre.refresh_from_db()
    assert fibre.price == Decimal("61.50")
    assert make_demo() == "The demo is there already; nothing was changed.\n"
    assert everything() == made


def test_without_a_ticket_type_the_demo_is_refused_and_nothing_is_made():
    make_ticket_type(is_retired=True)
    with pytest.raises(CommandError, match="no ticket type"):
        make_demo()
    assert not Customer.objects.exists()
    assert not User.objects.exists()


def test_what_the_demo_needs_and_somebody_has_already_stops_it_as_a_whole():
    make_ticket_type()
    location = make_location(customer=make_customer(number="7"))
    Equipment.objects.create(name="Router", serial="DEMO-00001", location=location, status=Equipment.Status.INSTALLED)
    with pytest.raises(CommandError, match=r"[Ss]erial number"):
        make_demo()
    assert Customer.objects.count() == 1


def test_whoever_has_left_is_not_worked_for_today():
    make_ticket_type()
    staff = hire()
    accounts = [_account(), _account(), _account(ends_on=ON - timedelta(days=1))]
    work_today(accounts, ON, staff)
    changed = PriceChange.objects.get(effective_on=ON)
    assert changed.service == accounts[1].services[0]
    assert Invoice.objects.drafts().get().customer == accounts[1].customer


def _account(**service) -> Account:
    location = make_location()
    made = make_service(location=location, starts_on=date(2026, 1, 1), **service)
    return Account(0, location.customer, Kind.HOME, Habit.PROMPT, date(2026, 1, 1), [location], [made])


class TestTheDemo(TestCase):
    """One demo that all look at: making it takes longer than looking at it."""

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("import_ids", stdout=StringIO())
        make_demo()

    def test_the_books_of_the_demo_agree(self):
        assert all(
            invoice.total == sum(each.amount for each in [*invoice.lines.all(), *invoice.taxes.all()])
            for invoice in Invoice.objects.exclude(number=None).prefetch_related("lines", "taxes")
        )
        live = Q(allocations__released_on=None)
        settled = Invoice.objects.annotate(sum=Sum("allocations__amount", filter=live))
        assert {row.pk: row.settled for row in settled if row.settled} == {
            row.pk: row.sum for row in settled if row.sum
        }
        used = Payment.objects.annotate(sum=Sum("allocations__amount", filter=live))
        assert {row.pk: row.allocated for row in used if row.allocated} == {row.pk: row.sum for row in used if row.sum}
        paid = Q(payment__customer=F("invoice__customer")) | Q(credit_note__customer=F("invoice__customer"))
        assert not Allocation.objects.exclude(paid).exists()
        numbers = Invoice.objects.exclude(number=None).order_by("pk").values_list("number", "issued_on")
        assert list(numbers) == sorted(numbers)
        assert {day.year for _number, day in numbers} == {2025, 2026}
        assert not Payment.objects.filter(received_on__gt=ON).exists()

    def test_every_day_of_every_service_up_to_the_present_cycle_is_charged_once(self):
        for service in Service.objects.filter(charged_from=None).prefetch_related("invoice_lines"):
            kinds = (InvoiceLine.Kind.RECURRING, InvoiceLine.Kind.PART_PERIOD)
            runs = sorted((line.first_day, line.last_day) for line in service.invoice_lines.all() if line.kind in kinds)
            if service.starts_on > ON:
                assert not runs
                continue
            assert runs[0][0] == service.starts_on
            assert all((after[0] - before[1]).days == 1 for before, after in pairwise(runs))
            assert runs[-1][1] == service.ends_on or runs[-1][1] >= ON

    def test_the_demo_shows_every_side_of_the_product(self):
        assert set(Customer.objects.values_list("status", flat=True)) == set(Customer.Status)
        assert {service.status(ON) for service in Service.objects.all()} == set(Service.Status)
        assert set(Equipment.objects.values_list("terms", flat=True)) == set(Equipment.Terms)
        assert {"installed", "in_stock", "in_repair", "lost"} <= set(Equipment.objects.values_list("status", flat=True))
        standings = {str(invoice_standing(invoice, ON)) for invoice in with_standing(Invoice.objects.all())}
        assert standings >= {"Paid", "Overdue", "Open", "Draft"}
        assert Invoice.objects.open().filter(settled__gt=0).exists()
        assert 0.04 * CUSTOMERS <= LateCustomers(ON).totals()[0] <= 0.16 * CUSTOMERS
        assert Payment.objects.with_credit().exists()
        assert Payment.objects.exclude(reversed_on=None).count() == 1
        assert Service.objects.exclude(cost=F("plan__price")).exists()
        assert Service.objects.filter(price_changes__effective_on__gt=ON, price_changes__applied_at=None).exists()
        assert {"new", "closed"} <= set(Ticket.objects.values_list("status", flat=True))
        assert set(Message.objects.values_list("kind", flat=True)) == set(Message.Kind)
        assert Contact.objects.exists()
        assert [each.is_sealed for each in PeriodClosing.objects.all()] == [True, True]
        hosts = {
            email.rpartition("@")[2] for email in Customer.objects.exclude(email="").values_list("email", flat=True)
        }
        assert hosts == {"example.com", "example.net", "example.org"}
        assert Customer.objects.filter(phone_e164="").exclude(phone="").exists()
        assert not any(user.has_usable_password() for user in User.objects.all())

    def test_no_money_leaks_but_for_the_customers_whom_nothing_is_served(self):
        """Two came with the ticket types, and one was added twice."""
        found = {leak.name: leak.found(ON).count() for leak, _count in find_leaks(on=ON)}
        assert {name: count for name, count in found.items() if count} == {"no-location": 2, "no-service": 1}

    def test_customers_came_before_their_services_began(self):
        # Whom another system charged before has been taken over since.
        came = Customer.objects.filter(
            locations__services__charged_from=None, locations__services__isnull=False
        ).annotate(first=Min("locations__services__starts_on"))
        assert came.count() > CUSTOMERS / 2
        assert all(customer.created_at.date() < customer.first for customer in came)
        assert Customer.objects.filter(created_at__year=2025).count() > CUSTOMERS / 2

    def test_a_few_tickets_are_new_and_nobodys(self):
        new = Ticket.objects.filter(status=Ticket.Status.NEW)
        # One of them came by e-mail today, and three are about the outage that goes on.
        assert [ticket.assignee for ticket in new] == [None] * 8

    def test_of_the_e_mails_of_the_day_one_opened_a_ticket_one_waits_and_one_is_left_aside(self):
        assert sorted(IncomingMail.objects.values_list("state", flat=True)) == ["aside", "opened", "waiting"]
        assert [file.name for file in Attachment.objects.exclude(file="")] == ["router.png"]

    def test_customers_own_words_have_no_author_among_the_staff(self):
        written = {ticket: ticket.messages.earliest("pk").author for ticket in Ticket.objects.all()}
        phone = Ticket.Source.PHONE
        assert {ticket.source for ticket in written} == {phone, Ticket.Source.EMAIL, Ticket.Source.WEB}
        assert all((author is not None) == (ticket.source == phone) for ticket, author in written.items())

    def test_the_page_of_one_record_of_each_kind_answers(self):
        self.client.force_login(User.objects.create_superuser("root"), "customerflow.staff.backends.GroupsBackend")
        busiest = Invoice.objects.filter(settled__gt=0).order_by("-pk").first().customer
        records = [busiest, *(model.objects.last() for model in (Location, Plan, Service, Equipment, Invoice, Payment))]
        records += [Ticket.objects.last(), TicketType.objects.last()]
        for record in records:
            response = self.client.get(record.get_absolute_url())
            assert response.status_code == 200, record.get_absolute_url()
