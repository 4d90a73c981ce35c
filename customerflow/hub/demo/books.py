"""The books of the demo: what was invoiced, what was paid, each on its day."""

import heapq
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from random import Random

from django.contrib.auth.models import AbstractUser

from billing.engine.cycles import DAY, cycle_of
from billing.models import Charge, Invoice, Payment
from billing.payments import record_payment, reverse_payment
from billing.periods.closing import close_period, seal_period
from billing.runs.bills import issue
from billing.runs.running import bills_of, open_run, start_billing, work_on
from billing.taxes import Rates
from customerflow.hub.demo.people import Account, Habit
from customerflow.money import round_money
from customers.models import Equipment

METHODS = (Payment.Method.DIRECT_DEBIT, Payment.Method.TRANSFER, Payment.Method.CARD, Payment.Method.CASH)
DAYS_OF_LITTLE_MONEY = 45
# The books are closed up to the beginning of the month that is so many before the present one.
MONTHS_KEPT_OPEN = (6, 1)


def keep_books(chance: Random, accounts: list[Account], on: date, by: AbstractUser) -> None:
    """Bill everything up to the day `on` and record what was paid, in the order of the days; then run the billing."""
    accounts = [account for account in accounts if account.services]
    start = min((account.joined_on for account in accounts), default=on)
    start_billing(day=start)
    _charge_what_was_sold(accounts)
    till = Till(chance, on, by)
    for day, due in _agenda(accounts, on):
        till.receive(day)
        customers = {account.customer: account for account in due}
        bills, _parked = bills_of(customers, start=start, day=day, looked_through=set(), rates=Rates.on(day))
        issued = issue(bills, on=day)
        for bill in bills:
            till.expect(customers[bill.customer], issued[bill.customer.pk].invoice)
    till.receive(on)
    run, _goes_on = open_run(day=on, plan=False, on=on, by=by)
    for _now in work_on(run, on=on):
        pass
    till.bounce()


def _charge_what_was_sold(accounts: list[Account]) -> None:
    sold = [
        Charge(
            customer=account.customer,
            description=f"{unit.name} {unit.model}",
            unit_price=unit.cost,
            charged_on=service.starts_on,
        )
        for account in accounts
        for unit, service in account.units
        if unit.terms == Equipment.Terms.SOLD
    ]
    Charge.objects.bulk_create(sold)


def _agenda(accounts: list[Account], on: date) -> Iterator[tuple[date, list[Account]]]:
    """Yield the days before `on` on which something of some accounts is due, the first day first."""
    agenda = defaultdict(list)
    for account in accounts:
        days = {service.starts_on for service in account.services}
        day = min(days)
        while day < on:
            days.add(day)
            day = cycle_of(day, account.customer.billing_day, 1).last + DAY
        for day in days:
            if day < on:
                agenda[day].append(account)
    yield from sorted(agenda.items())


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


def close_books(on: date, by: AbstractUser) -> None:
    """Close the books in two steps: those of the first half of the year, and then up to the last month but one."""
    for months in MONTHS_KEPT_OPEN:
        years, month = divmod(on.year * 12 + on.month - 1 - months, 12)
        closing = close_period(last_day=date(years, month + 1, 1) - DAY, on=on, by=by)
        seal_period(closing=closing)
