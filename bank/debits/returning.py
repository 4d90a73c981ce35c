"""Direct debits that the bank returned: the payment is taken back, the invoice is open again."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from bank.debits.mandates import restore_mandate, set_mandate_aside
from bank.models import CollectionItem, Mandate, StatementLine
from bank.reasons import NO_MANDATE, in_words
from billing.allocations import lock_books
from billing.models import Payment
from billing.payments import record_payment, reverse_payment
from customerflow.changes.recording import recorded

State = CollectionItem.State


@recorded(_("Direct debit returned"))
def return_debit(
    *,
    key: int,
    line: StatementLine | None = None,
    code: str = "",
    reason: str = "",
    on: date,
    by: AbstractUser | None = None,
) -> CollectionItem:
    """
    Take back the direct debit with the key `key` on the day `on`: the bank returned it by `line`, or with the `code`.

    Its payment is reversed; where the code says that there is no mandate, the mandate is set aside. Raises
    `ValidationError` where it was returned already.
    """
    item = lock_item(key, (State.PENDING, State.COLLECTED))
    code = line.return_code if line else code
    reason = reason or _t("Returned by the bank: %(why)s") % {"why": in_words(code)}
    if item.payment_id and not item.payment.is_reversed:
        reverse_payment(payment=item.payment, reason=reason[:200], on=on, by=by)
    item.state, item.returned_on, item.return_code, item.reason = State.RETURNED, on, code, reason[:200]
    item.returned_by = line
    item.save()
    if code in NO_MANDATE and item.mandate.state == Mandate.State.ACTIVE:
        set_mandate_aside(mandate=item.mandate, reason=in_words(code), on=on)
    return item


def take_return_back(*, line: StatementLine, on: date, by: AbstractUser | None = None) -> None:
    """Record the payments again that came back by `line`; it was taken for a return, and was none."""
    for key in line.returned_debits.order_by("customer_id", "pk").values_list("pk", flat=True):
        item = lock_item(key, (State.RETURNED,))
        if item.payment is not None:
            key = f"bank-{line.pk}-{line.attempt}-debit-{item.pk}"
            item.payment = record_again(payment=item.payment, key=key, on=on, by=by)
        if item.return_code in NO_MANDATE:
            restore_mandate(mandate=item.mandate)
        item.state = State.COLLECTED if item.payment else State.PENDING
        item.returned_on, item.returned_by, item.return_code, item.reason = None, None, "", ""
        item.save()


def record_again(*, payment: Payment, key: str, on: date, by: AbstractUser | None) -> Payment:
    """Record on the day `on`, under `key`, what `payment` was before it was reversed by mistake, and return it."""
    return record_payment(
        customer=payment.customer,
        amount=payment.amount,
        received_on=payment.received_on,
        on=on,
        method=payment.method,
        reference=payment.reference,
        by=by,
        key=key,
    )


def lock_item(key: int, states: tuple[str, ...]) -> CollectionItem:
    """Return a direct debit, locked together with the books of its customer; refuse it in another state."""
    item = CollectionItem.objects.select_for_update(no_key=True).filter(pk=key).first()
    if item is None or item.state not in states:
        raise ValidationError({"debit": _("This direct debit is not waiting for that any more.")})
    lock_books(item.customer)
    return item
