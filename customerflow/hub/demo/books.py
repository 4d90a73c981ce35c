"""The books of the demo: what was invoiced, what was paid, each on its day."""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from django.contrib.auth.models import AbstractUser

from billing.invoices import Line, issue_invoice
from billing.models import Invoice, InvoiceLine, Payment
from billing.payments import record_payment, reverse_payment
from customerflow.hub.demo.cycles import cycles_from
from customerflow.hub.demo.people import Account, Habit
from customerflow.money import round_money
from customers.models import Equipment, Service

METHODS = (Payment.Method.DIRECT_DEBIT, Payment.Method.TRANSFER, Payment.Method.CARD, Payment.Method.CASH)
DAYS_OF_LITTLE_MONEY = 45


def keep_books(chance: Random, accounts: list[Account], on: date, by: AbstractUser) -> None:
    """Issue every invoice up to the day `on` and record what was paid on it, in the order of the days."""
    accounts = [account for account in accounts if account.services]
    till = Till(chance, on, by)
    for day, account, lines in _agenda(accounts, on):
        till.receive(day)
        till.expect(account, issue_invoice(customer=account.customer, lines=lines, on=day))
    till.receive(on)
    till.bounce()


def _agenda(accounts: list[Account], on: date) -> Iterator[tuple[date, Account, list[Line]]]:
    """Yield the days on which an account is invoiced, and what for, the first day first."""
    agenda = defaultdict(list)
    for index, account in enumerate(accounts):
        for day, line in _charges(account, on):
            agenda[day, index].append(line)
    for (day, index), lines in sorted(agenda.items(), key=lambda item: item[0]):
        yield day, accounts[index], lines


def _charges(account: Account, on: date) -> Iterator[tuple[date, Line]]:
    """Yield what an account is charged up to the day `on`, each with its day: the first that is charged for."""
    billing_day = account.customer.billing_day
    for service in account.services:
        if service.setup_fee and service.starts_on <= on:
            setup = {"kind": InvoiceLine.Kind.SETUP, "service": service, "unit_price": service.setup_fee}
            yield service.starts_on, Line(description=f"Set-up of {service.name}", **setup)
        yield from _recurring(service, billing_day, on)
    for unit, service in account.units:
        if unit.terms == Equipment.Terms.SOLD:
            yield service.starts_on, Line(**_device(unit), unit_price=unit.cost)
        elif unit.terms == Equipment.Terms.RENTED:
            for first, last, share in _days(service, billing_day, on):
                amount = round_money(unit.monthly_rent * share)
                days = {"first_day": first, "last_day": last}
                yield first, Line(**_device(unit), unit_price=unit.monthly_rent, amount=amount, **days)


def _device(unit: Equipment) -> dict:
    return {"kind": InvoiceLine.Kind.EQUIPMENT, "equipment": unit, "description": f"{unit.name} {unit.model}"}


def _recurring(service: Service, billing_day: int, on: date) -> Iterator[tuple[date, Line]]:
    prices = list(service.price_changes.in_force(on))
    for first, last, share in _days(service, billing_day, on):
        price = next(change.cost for change in prices if not change.effective_on or change.effective_on <= first)
        yield (
            first,
            Line(
                description=service.name,
                kind=InvoiceLine.Kind.RECURRING if share == 1 else InvoiceLine.Kind.PART_PERIOD,
                service=service,
                unit_price=price,
                amount=round_money(price * share),
                first_day=first,
                last_day=last,
            ),
        )


def _days(service: Service, billing_day: int, on: date) -> Iterator[tuple[date, date, Decimal]]:
    """Yield the first and last charged day of each cycle of a service begun by the day `on`, and its share of it."""
    end = min(service.ends_on or on, on)
    for cycle_first, cycle_last in cycles_from(service.starts_on, billing_day):
        first, last = max(cycle_first, service.starts_on), min(cycle_last, service.ends_on or cycle_last)
        if first > end:
            return
        yield first, last, Decimal((last - first).days + 1) / ((cycle_last - cycle_first).days + 1)


class Till:
    """Where payments come in, each on the day that its payer's habit makes."""

    def __init__(self, chance: Random, on: date, by: AbstractUser) -> None:
        self.chance, self.on, self.by = chance, on, by
        self.expected, self.order = [], count()
        self.debits: list[Payment] = []

    def expect(self, account: Account, invoice: Invoice) -> None:
        """Note when and how much an account will pay of an invoice."""
        age = (self.on - invoice.issued_on).days
        amount, wait = invoice.open_amount, self.chance.randint(1, account.customer.payment_terms)
        match account.habit:
            case Habit.LATE:
                wait = account.customer.payment_terms + self.chance.randint(3, 20)
            case Habit.STOPPED if age < 40 + account.place % 70:
                return
            case Habit.ROUNDS_UP:
                amount += 10 - amount % 10
            case Habit.PAYS_LESS if age < DAYS_OF_LITTLE_MONEY:
                amount = round_money(amount * 3 / 5)
        if amount:
            item = (invoice.issued_on + timedelta(days=wait), next(self.order), account, invoice, amount)
            heapq.heappush(self.expected, item)

    def receive(self, day: date) -> None:
        """Record what is paid up to `day`."""
        while self.expected and self.expected[0][0] <= day:
            received_on, _order, account, invoice, amount = heapq.heappop(self.expected)
            method = METHODS[account.place % len(METHODS)]
            payment = record_payment(
                customer=account.customer,
                amount=amount,
                received_on=received_on,
                on=received_on,
                method=method,
                reference=invoice.number if method == Payment.Method.TRANSFER else "",
                by=self.by,
            )
            if method == Payment.Method.DIRECT_DEBIT:
                self.debits.append(payment)

    def bounce(self) -> None:
        """Let the bank return one of the last direct debits."""
        returned = [debit for debit in self.debits if (self.on - debit.received_on).days > 2][-1:]
        for payment in returned:
            day = payment.received_on + timedelta(days=2)
            reverse_payment(payment=payment, reason="Returned by the bank: account not covered", on=day, by=self.by)
