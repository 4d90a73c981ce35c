"""Promises to pay: what a customer said on the telephone, and what it holds off."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason, lock_books
from billing.models import Invoice
from billing.settled import tell_settled
from customerflow.changes.recording import recorded
from customerflow.idempotency import made_before
from customerflow.money import ZERO, format_money
from customers.models import Customer
from dunning.models import Promise, PromisedInvoice

# So many of a customer's last promises say how they keep them.
MOST_LOOKED_AT = 10


def without_promised(invoices: QuerySet[Invoice], on: date) -> QuerySet[Invoice]:
    """
    Return those of `invoices` that no promise covers which is open on the day `on`.

    A promise is open until the end of its day. Invoices that it does not name are not held off.
    """
    return invoices.filter(~Exists(_covering(on, OuterRef("pk"))))


def promised(invoices: QuerySet[Invoice], on: date) -> QuerySet[Invoice]:
    """Return those of `invoices` that a promise covers which is open on the day `on`."""
    return invoices.filter(Exists(_covering(on, OuterRef("pk"))))


def _covering(on: date, invoice: OuterRef) -> QuerySet[Promise]:
    return Promise.objects.open(on).filter(promised__invoice=invoice)


@recorded(_("Promise to pay recorded"))
def promise_to_pay(
    *,
    customer: Customer,
    invoices: Collection[Invoice] | None = None,
    amount: Decimal | None = None,
    due_on: date,
    note: str = "",
    on: date,
    by: AbstractUser | None = None,
    key: str | None = None,
) -> Promise:
    """
    Record that `customer` promised, on the day `on`, to pay `amount` by the end of `due_on`; return the promise.

    It is about `invoices`, else all that are open and due by today, and about all that is open on them unless an amount
    is given. A second call with the same idempotency `key` returns the first promise. Raises `ValidationError`, keyed
    by field: where a promise is open already, for a day that is past or too far off, for an invoice that is not open,
    and for more than is open.
    """
    customer = lock_books(customer)
    about = _invoices_of(customer, invoices, on)
    owed = sum((invoice.open_amount for invoice in about), ZERO)
    promise = Promise(
        customer=customer,
        amount=owed if amount is None else amount,
        promised_on=on,
        due_on=due_on,
        note=note,
        made_by=by,
        idempotency_key=key or None,
    )
    if first := made_before(promise, said=("customer", "due_on")):
        return first
    _check(promise, about, invoices, owed)
    promise.save()
    PromisedInvoice.objects.bulk_create(PromisedInvoice(promise=promise, invoice=invoice) for invoice in about)
    tell_settled(customer, on)
    return promise


def _invoices_of(customer: Customer, named: Collection[Invoice] | None, on: date) -> list[Invoice]:
    """Return the open invoices of `customer` that are due, or those of the `named` that are open."""
    invoices = customer.invoices.open().order_by("due_on", "issued_on", "pk")
    chosen = invoices.filter(due_on__lte=on) if named is None else invoices.filter(pk__in=[each.pk for each in named])
    return list(chosen)


def _check(promise: Promise, about: list[Invoice], named: Collection[Invoice] | None, owed: Decimal) -> None:
    """Raise `ValidationError`, keyed by field, for a promise that cannot be made."""
    on, furthest = promise.promised_on, promise.promised_on + timedelta(days=settings.PROMISE_DAYS)
    if missing := set(named or ()) - set(about):
        names = ", ".join(sorted(map(str, missing)))
        raise ValidationError({"invoices": _t("Not an open invoice of this customer: %(names)s.") % {"names": names}})
    if not about:
        raise ValidationError({"invoices": _t("Nothing is open and due: name the invoices that it is about.")})
    if promise.due_on < on:
        raise ValidationError({"due_on": _t("This day is over.")})
    if promise.due_on > furthest:
        message = _t("A promise holds for %(days)s days at most: until %(day)s.")
        raise ValidationError({"due_on": message % {"days": settings.PROMISE_DAYS, "day": furthest}})
    if promise.amount > owed:
        raise ValidationError({"amount": _t("%(open)s is open on these invoices.") % {"open": format_money(owed)}})
    if other := promise.customer.promises.open(on).first():
        message = _t("There is an open promise already: %(promise)s. Withdraw it first.")
        raise ValidationError(message % {"promise": other})
    promise.full_clean(exclude={"customer", "made_by", "idempotency_key"})


@recorded(_("Promise to pay withdrawn"))
def withdraw_promise(*, promise: Promise, reason: str, on: date, by: AbstractUser | None = None) -> Promise:
    """
    Let `promise` hold nothing off any more from the day `on`, and return it as it is then.

    Raises `ValidationError`, keyed by field, for a promise that is not open on that day, and without a reason.
    """
    lock_books(promise.customer)
    promise = Promise.objects.with_state(on).get(pk=promise.pk)
    if promise.state != Promise.State.OPEN:
        message = _t("This promise is not open any more: it is %(state)s.")
        state = Promise.State(promise.state).label.lower()
        raise ValidationError({"promise": message % {"state": state}})
    promise.withdrawal_reason = check_reason(reason)
    promise.withdrawn_on, promise.withdrawn_by = on, by
    promise.version += 1
    promise.save()
    return promise


def broken_in_a_row(customer: Customer, on: date) -> int:
    """Return how many of the customer's last promises were broken, one after the other, as of the day `on`."""
    standing = customer.promises.standing().with_state(on).order_by("-promised_on", "-pk")[:MOST_LOOKED_AT]
    states = [promise.state for promise in standing if promise.state != Promise.State.OPEN]
    return next((number for number, state in enumerate(states) if state != Promise.State.BROKEN), len(states))
