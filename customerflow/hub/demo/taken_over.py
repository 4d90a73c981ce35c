"""A small provider that is taken over: its last invoices and balances, beside what would be billed here."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

from billing.invoices import issue_invoice
from billing.lines import Line
from billing.models import Payment
from billing.payments import record_payment
from billing.taxes import Rates
from customerflow.hub.demo import vocabulary
from customerflow.money import round_money
from customers.models import Customer, Location, Plan, Service
from customers.registration import register_customer
from customers.subscriptions import add_service
from shadow.models import OpeningBalance, ShadowRun
from shadow.running import open_shadow, work_on

SYSTEM = "Valley Net"
# Who comes with it; what its invoice says besides the price with tax (None: it forgot them), and what its balance does.
PEOPLE = (
    ("Hazel Whitcombe", Decimal(0), Decimal(0)),
    ("Orchard Pottery", Decimal(0), Decimal(0)),
    ("Theo Lindqvist", Decimal(0), Decimal(0)),
    ("Marguerite Dale", Decimal("-4.00"), Decimal(0)),
    ("Bridge Street Bakery", Decimal(0), Decimal("12.50")),
    ("Silas Okonkwo", None, Decimal(0)),
)


def take_over(on: date) -> None:
    """Compare the month of the day `on` with what that provider billed for it."""
    first = on.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    plan = Plan.objects.get(name=vocabulary.HOME_PLANS[0])
    rates = Rates.on(first)
    percent = rates.percents.get(rates.default.pk, Decimal(0)) if rates.default else Decimal(0)
    for number, (name, more, owed) in enumerate(PEOPLE, 1):
        customer = register_customer(customer=Customer(name=name, billing_day=1))
        place = Location.objects.create(customer=customer, address=f"{number} Mill Lane", city="Lower Ford")
        # That provider has charged the month.
        service = Service(location=place, plan=plan, name="", starts_on=date(first.year - 1, 3, 1))
        service.charged_from = last + timedelta(days=1)
        add_service(service=service)
        if more is not None:
            _bill_there(customer, round_money(service.cost * (100 + percent) / 100) + more, number, first, on)
        OpeningBalance.objects.create(customer=customer, origin=SYSTEM, balance=owed)
    days = {"first_day": first, "last_day": last, "issued_from": first, "issued_to": last}
    for _run in work_on(open_shadow(run=ShadowRun(origin=SYSTEM, **days))):
        pass


def _bill_there(customer: Customer, total: Decimal, number: int, first: date, on: date) -> None:
    """Enter an invoice of that provider, and that it was paid."""
    lines = [Line(description=vocabulary.HOME_PLANS[0], unit_price=total)]
    issue_invoice(customer=customer, lines=lines, on=first, origin=SYSTEM, number=f"V-{number:04d}")
    record_payment(customer=customer, amount=total, received_on=on, on=on, method=Payment.Method.TRANSFER)
