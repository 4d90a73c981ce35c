"""
Applying lines: a line becomes payments, a return takes one back, and each of it can be undone.

A line is locked first, then the books of the customers in the order of their keys: who else acts on the same line
waits, and finds it applied. The payments carry keys made of the line, so that no line makes a payment twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from bank.debits.collecting import credit_collection
from bank.debits.returning import record_again, return_debit, take_return_back
from bank.loading import set_outgoing_aside
from bank.matching import match_lines
from bank.models import Collection, KnownPayer, LinePayment, StatementLine
from bank.reasons import in_words
from billing.allocations import check_reason, lock_books
from billing.models import Invoice, Payment
from billing.payments import record_payment, reverse_payment
from customerflow.changes.recording import recorded
from customerflow.keys import among
from customerflow.money import ZERO, format_money
from customers.models import Customer

State, Kind = StatementLine.State, StatementLine.Kind
MOST_PARTS = 500
# What matching writes on a line.
FOUND = ("kind", "level", "why", "customer", "offer", "state", "reason")


@dataclass(frozen=True)
class Part:
    """How much of a line is whose; `invoices` are what it settles, None for all that is open, oldest due first."""

    customer: Customer
    amount: Decimal
    invoices: tuple[Invoice, ...] | None = None


@recorded(_("Bank line applied"))
def apply_line(
    *, line: StatementLine, parts: Sequence[Part], on: date, by: AbstractUser | None = None
) -> StatementLine:
    """
    Record `parts` of an incoming `line` as payments on the day `on`, received on its value day, and return the line.

    The parts add up to the line. Raises `ValidationError`, keyed by field, also where it was applied already.
    """
    line = lock_line(line)
    if not line.is_incoming:
        raise ValidationError({"line": _("Only what came in is applied to customers.")})
    if not parts or len(parts) > MOST_PARTS or any(part.amount <= 0 for part in parts):
        raise ValidationError({"parts": _("Name one customer or several, each with an amount above zero.")})
    if (total := sum((part.amount for part in parts), ZERO)) != line.amount:
        message = _("The parts come to %(total)s, the line is %(amount)s.")
        words = {"total": format_money(total), "amount": format_money(line.amount)}
        raise ValidationError({"parts": message % words})
    for customer in sorted({part.customer for part in parts}, key=lambda each: each.pk):
        lock_books(customer)
    for number, part in enumerate(parts, 1):
        payment = record_payment(
            customer=part.customer,
            amount=part.amount,
            received_on=min(line.value_on, on),
            on=on,
            method=Payment.Method.TRANSFER,
            reference=(line.reference or line.bank_reference)[:100],
            by=by,
            key=key_of(line, number),
            invoices=part.invoices or None,
        )
        LinePayment.objects.create(line=line, payment=payment, attempt=line.attempt, part=number)
    _learn(line, parts, on, by)
    customers = {part.customer.pk for part in parts}
    line.customer_id = customers.pop() if len(customers) == 1 else None
    line.kind = Kind.PAYMENT
    return _finish(line, State.APPLIED, "", on, by)


def key_of(line: StatementLine, part: int) -> str:
    """Return the key of the payment that a part of a line makes in this attempt: there is at most one of it."""
    return f"bank-{line.pk}-{line.attempt}-{part}"


@recorded(_("Bank line accepted"))
def accept_line(*, line: StatementLine, on: date, by: AbstractUser | None = None, sure: bool = False) -> StatementLine:
    """
    Apply `line` as it was matched, and return it.

    With `sure` it is matched anew under its lock, and must be sure still. Raises `ValidationError`.
    """
    line = lock_line(line)
    if sure:
        before = (line.customer_id, line.kind)
        match_lines([line])
        if line.level != StatementLine.Level.SURE or (line.customer_id, line.kind) != before:
            raise ValidationError({"line": _("Meanwhile it is not sure any more whose it is.")})
    if line.kind == Kind.COLLECTION:
        credit_collection(key=line.offer["collection"], line=line, on=on, by=by)
        return _finish(line, State.APPLIED, "", on, by)
    if line.kind == Kind.RETURN:
        return apply_return(line=line, on=on, by=by)
    if line.customer is None:
        raise ValidationError({"customer": _("It is not known whose it is: choose the customer.")})
    keys = line.offer.get("invoices", [])
    still_open = line.customer.invoices.open().filter(pk__in=keys)
    part = Part(line.customer, line.amount, tuple(still_open) or None)
    return apply_line(line=line, parts=[part], on=on, by=by)


@recorded(_("Return applied"))
def apply_return(*, line: StatementLine, on: date, by: AbstractUser | None = None) -> StatementLine:
    """
    Take back the payment that the bank took back by `line`, so that its invoices are open again, and return the line.

    Raises `ValidationError` where it is not known which payment it was.
    """
    return _return(lock_line(line), on, by)


@recorded(_("Return applied"))
def apply_return_of(
    *, line: StatementLine, offer: dict[str, int], on: date, by: AbstractUser | None = None
) -> StatementLine:
    """
    Say which payment came back by `line`, and take it back as `apply_return` does.

    `offer` is the key of a direct debit, or of a payment from the bank: `bank.came_back.MayBe` has it. A line that was
    ignored, as all are that go out and name nothing, may be said to be a return. Raises `ValidationError`.
    """
    line = lock_line(line, states=(State.OPEN, State.PARKED, State.IGNORED))
    if line.is_incoming:
        raise ValidationError({"line": _("Only what went out may be a payment that came back.")})
    line.kind, line.offer = Kind.RETURN, offer
    return _return(line, on, by)


def _return(line: StatementLine, on: date, by: AbstractUser | None) -> StatementLine:
    reason = _t("Returned by the bank: %(why)s") % {"why": in_words(line.return_code) or _t("no reason given")}
    if debit := line.offer.get("debit"):
        line.customer = return_debit(key=debit, line=line, reason=reason, on=on, by=by).customer
    elif part := LinePayment.objects.filter(pk=line.offer.get("part"), undone_on=None, returned_by=None).first():
        reverse_payment(payment=part.payment, reason=reason[:200], on=on, by=by)
        part.returned_by, line.customer = line, part.payment.customer
        part.save(update_fields=["returned_by"])
    else:
        raise ValidationError({"line": _("It is not known which payment came back.")})
    return _finish(line, State.APPLIED, reason[:200], on, by)


@recorded(_("Bank line taken back"))
def take_back(*, line: StatementLine, reason: str, on: date, by: AbstractUser | None = None) -> StatementLine:
    """
    Undo what became of `line` on the day `on`, and return it, open and matched anew.

    Its payments are reversed with the `reason`; what it had returned is recorded again. Raises `ValidationError`, where
    a payment was refunded or returned since.
    """
    reason = check_reason(reason)
    line = lock_line(line, states=(State.APPLIED, State.PARKED, State.IGNORED))
    if line.state == State.APPLIED:
        _undo_parts(line, reason, on, by)
        _undo_returns(line, on, by)
        take_return_back(line=line, on=on, by=by)
        Collection.objects.filter(credited_by=line).update(credited_by=None)
    line.state, line.reason, line.attempt = State.OPEN, "", line.attempt + 1
    line.handled_on = line.handled_by = None
    match_lines([line])
    line.save()
    return line


def _undo_parts(line: StatementLine, reason: str, on: date, by: AbstractUser | None) -> None:
    parts = line.parts.filter(undone_on=None).select_related("payment__customer")
    for part in sorted(parts, key=lambda each: each.payment.customer_id):
        if part.returned_by_id:
            raise ValidationError({"line": _("The bank took a payment of it back: take that line back first.")})
        # Somebody may have reversed it on its own page.
        if not part.payment.is_reversed:
            reverse_payment(payment=part.payment, reason=reason, on=on, by=by)
        part.undone_on = on
        part.save(update_fields=["undone_on"])


def _undo_returns(line: StatementLine, on: date, by: AbstractUser | None) -> None:
    for part in line.returns.select_related("payment__customer", "line"):
        number = part.line.parts.aggregate(most=Max("part"))["most"] + 1
        again = record_again(payment=part.payment, key=f"{key_of(line, part.pk)}-again", on=on, by=by)
        part.returned_by, part.undone_on = None, on
        part.save(update_fields=["returned_by", "undone_on"])
        LinePayment.objects.create(line=part.line, payment=again, attempt=part.line.attempt, part=number)


@recorded(_("Bank line parked"))
def park_line(*, line: StatementLine, reason: str, on: date, by: AbstractUser | None = None) -> StatementLine:
    """Set an open line aside, with a reason, until somebody takes it up again, and return it."""
    line = lock_line(line, states=(State.OPEN,))
    return _finish(line, State.PARKED, check_reason(reason), on, by)


@recorded(_("Bank line ignored"))
def ignore_line(*, line: StatementLine, reason: str, on: date, by: AbstractUser | None = None) -> StatementLine:
    """Say of a line that it is no customer's, with a reason, and return it."""
    line = lock_line(line)
    return _finish(line, State.IGNORED, check_reason(reason), on, by)


def lock_line(line: StatementLine, states: Sequence[str] = (State.OPEN, State.PARKED)) -> StatementLine:
    """Return `line`, read again and locked until the transaction ends; refuse it in another state than `states`."""
    found = StatementLine.objects.select_for_update(no_key=True).filter(pk=line.pk).first()
    if found is None:
        raise ValidationError({"line": _("This line has been removed meanwhile.")})
    if found.state not in states:
        message = _("This line is not waiting any more: it is %(state)s.")
        words = {"state": found.get_state_display().lower()}
        raise ValidationError({"line": ValidationError(message, code="handled", params=words)})
    return found


def _finish(line: StatementLine, state: str, reason: str, on: date, by: AbstractUser | None) -> StatementLine:
    line.state, line.reason, line.handled_on, line.handled_by = state, reason, on, by
    line.save()
    return line


def _learn(line: StatementLine, parts: Sequence[Part], on: date, by: AbstractUser | None) -> None:
    """Remember from which account the customer pays, where a person said so."""
    if by is None or not line.party_iban or len(parts) != 1:
        return
    if not KnownPayer.objects.filter(iban=line.party_iban, customer=parts[0].customer).exists():
        KnownPayer.objects.create(iban=line.party_iban, customer=parts[0].customer, learned_on=on)


@recorded(_("Bank lines matched"))
def match_some(keys: Sequence[int]) -> None:
    """Match the lines of `keys` anew and keep what was found, unless somebody dealt with one meanwhile."""
    still_open = StatementLine.objects.open().filter(pk__in=among(keys)).order_by("pk")
    lines = list(still_open.select_for_update(no_key=True))
    before = [_found_of(line) for line in lines]
    match_lines(lines)
    for line in lines:
        set_outgoing_aside(line)
    changed = [line for line, found in zip(lines, before, strict=True) if _found_of(line) != found]
    # A statement for each hundred: what it takes grows faster than what is in it.
    StatementLine.objects.bulk_update(changed, FOUND, batch_size=100)


def _found_of(line: StatementLine) -> tuple:
    return tuple(getattr(line, StatementLine._meta.get_field(name).attname) for name in FOUND)
