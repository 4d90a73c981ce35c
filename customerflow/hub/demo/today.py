"""What the demo's staff did today: a history to read, slips to undo, a customer who was added twice."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.drafts.drafting import add_draft
from billing.lines import Line
from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import Origin, Recording, acting_for, recording
from customerflow.changes.undoing import undo
from customerflow.hub.demo.people import Account
from customerflow.staff.models import User
from customerflow.staff.roles import BILLING, SUPPORT, TECHNICIAN
from customers.equipment_moves import set_aside
from customers.models import Customer, Equipment, Location, Service
from customers.price_changes import change_cost
from customers.registration import register_customer, remove_customer


def work_today(accounts: list[Account], on: date, staff: dict[str, User]) -> None:
    """Change some of the demo's records, each act by who would do it, on the day `on`."""
    running = set(Service.objects.active(on).values_list("pk", flat=True))
    served = [account for account in accounts if account.services and account.services[0].pk in running]
    if not served:
        return
    first, last = served[0], served[-1]

    def act(group: str, name: str, do: Callable[[], object], why: str = "") -> Recording:
        with acting_for(Origin(by=staff[group], through=ChangeSet.Through.SCREEN, why=why)), recording(name) as record:
            do()
        return record

    act(SUPPORT, _("Customer changed"), lambda: _change(first.customer, note="Prefers to be called after five."))
    place = first.services[0].location
    act(SUPPORT, _("Location changed"), lambda: _change(place, access_notes="The key is with the neighbour."))
    act(
        BILLING,
        _("Cost changed"),
        lambda: change_cost(service=last.services[0], cost=last.services[0].cost + Decimal(5), on=on),
        why="Agreed by telephone",
    )
    act(BILLING, _("Draft of an invoice added"), lambda: _draft(last, on))
    mistaken = register_customer(customer=Customer(name="Test Customer", note="To see how it works."))
    act(SUPPORT, _("Customer removed"), lambda: remove_customer(customer=mistaken))
    act(SUPPORT, _("Customer added"), lambda: _add_twice(last))
    if unit := Equipment.objects.filter(status=Equipment.Status.INSTALLED).first():
        lost = Equipment.Status.LOST
        slip = act(TECHNICIAN, _("Equipment set aside"), lambda: set_aside(unit=unit, status=lost, on=on))
        with acting_for(Origin(by=staff[TECHNICIAN], through=ChangeSet.Through.SCREEN, why="The wrong router")):
            undo(slip.change_set)


def _change(record: Customer | Location, **values: str) -> None:
    record.refresh_from_db()
    for name, value in values.items():
        setattr(record, name, value)
    record.version += 1
    record.save()


def _draft(account: Account, on: date) -> None:
    """Write down what is still to be asked about, before it is invoiced."""
    lines = [
        Line(description=_("Cable to the garden office, per metre"), unit_price=Decimal("2.40"), quantity=35),
        Line(description=_("Work of a technician, per hour"), unit_price=Decimal(60), quantity=3),
    ]
    add_draft(customer=account.customer, lines=lines, on=on, note=_("As agreed by telephone."))


def _add_twice(account: Account) -> None:
    """Add a customer who is there already, as happens on a busy day."""
    known = account.customer
    twin = register_customer(customer=Customer(name=known.name, phone=known.phone, email=known.email))
    address = account.services[0].location
    Location.objects.create(customer=twin, address=address.address, city=address.city, postcode=address.postcode)
