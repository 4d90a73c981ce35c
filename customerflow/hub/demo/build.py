"""Making the demo: once, all of it or nothing."""

from datetime import date
from random import Random

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customerflow.changes.recording import recording
from customerflow.hub.demo.bank import bring_statements
from customerflow.hub.demo.books import close_books, keep_books
from customerflow.hub.demo.collecting import collect
from customerflow.hub.demo.cut_offs import cut_off
from customerflow.hub.demo.desk import Desk, hire
from customerflow.hub.demo.mailing import receive_mail
from customerflow.hub.demo.network import Network, make_catalogue
from customerflow.hub.demo.outages import black_out
from customerflow.hub.demo.people import Account, Kind, take_customers
from customerflow.hub.demo.reminding import remind
from customerflow.hub.demo.taken_over import take_over
from customerflow.hub.demo.today import work_today
from customerflow.hub.demo.visiting import go_on_visits
from customerflow.staff.models import User
from customerflow.staff.roles import BILLING, SUPPORT
from tickets.models import TicketType
from tickets.sla.usual import add_usual_policies

# The same every time, so that people can talk about what they see.
SEED = 2
TICKETS_PER_CUSTOMER = 0.4


@transaction.atomic
def build_demo(*, customers: int, on: date) -> bool:
    """
    Make a provider with `customers` customers and a year of books up to the day `on`; return whether it was made.

    What is there already stays as it is. False: the demo has been made before. Raises `ValidationError` where there
    is no ticket type in use.
    """
    types = list(TicketType.objects.filter(is_retired=False))
    if not types:
        raise ValidationError(_("There is no ticket type yet. Load some first: manage.py import_ids"))
    with recording(_("Demo provider made")):
        staff = hire()
        if staff is None:
            return False
        accounts = _year_of(customers, on, staff, types)
    remind(on, staff)
    bring_statements(on, staff)
    collect(on, staff)
    cut_off(on, staff)
    work_today(accounts, on, staff)
    black_out(accounts, on, staff)
    receive_mail(accounts, on)
    go_on_visits(on, staff)
    take_over(on)
    close_books(on, staff[BILLING])
    return True


def _year_of(customers: int, on: date, staff: dict[str, User], types: list[TicketType]) -> list[Account]:
    chance = Random(SEED)  # noqa: S311
    opened_on = _a_year_before(on)
    accounts = take_customers(chance, customers, opened_on, on)
    network = Network(chance, make_catalogue(), on, staff[SUPPORT])
    for account in accounts:
        if account.kind is not Kind.LEAD:
            network.connect(account)
    network.stock()
    network.change(accounts, opened_on)
    keep_books(chance, accounts, on, staff[BILLING])
    add_usual_policies(is_on=True)
    desk = Desk(chance, on, staff, types)
    desk.work(accounts, round(customers * TICKETS_PER_CUSTOMER))
    desk.plan()
    return accounts


def _a_year_before(on: date) -> date:
    """Return the first day of the month twelve months before `on`."""
    return date(on.year - 1, on.month, 1)
