"""What was collected: the payments of a collection, recorded when its day has come, and the bank's line about it."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from bank.debits.collections import lock_collection, save_collection
from bank.models import Collection, CollectionItem, Mandate, StatementLine
from billing.allocations import lock_books
from billing.models import Payment
from billing.payments import record_payment
from customerflow.changes.recording import recorded
from customerflow.keys import among
from customerflow.money import ZERO, format_money

BATCH = 100
# So many are recorded while a person waits for one line to be accepted.
MOST_AT_ONCE = 200
State, ItemState = Collection.State, CollectionItem.State


@recorded(_("Direct debits collected"))
def collect_next(*, collection: Collection, on: date, by: AbstractUser | None = None) -> int:
    """
    Record the next payments of a confirmed `collection` as received on its day, and return how many.

    When none is left it is collected. It may stop anywhere and be gone on with; each debit has one payment. Raises
    `ValidationError` before the collection day.
    """
    collection = lock_collection(collection, (State.CONFIRMED, State.COLLECTED))
    if on < collection.collect_on:
        raise ValidationError({"on": _("The collection day is still to come.")})
    pending = collection.items.select_for_update(no_key=True, of=("self",)).filter(state=ItemState.PENDING)
    items = list(pending.order_by("customer_id", "pk").select_related("customer", "invoice")[:BATCH])
    for item in items:
        _collect(item, collection, on, by)
    Mandate.objects.filter(pk__in=among({item.mandate_id for item in items})).update(sequence="RCUR")
    if not items and collection.state == State.CONFIRMED:
        collection.state, collection.collected_on = State.COLLECTED, on
        save_collection(collection)
    return len(items)


def _collect(item: CollectionItem, collection: Collection, on: date, by: AbstractUser | None) -> None:
    lock_books(item.customer)
    item.invoice.refresh_from_db(fields=["settled", "status"])
    item.payment = record_payment(
        customer=item.customer,
        amount=item.amount,
        received_on=collection.collect_on,
        on=on,
        method=Payment.Method.DIRECT_DEBIT,
        reference=item.end_to_end_id,
        by=by,
        key=f"debit-{item.pk}",
        # Where somebody paid it meanwhile: what is open otherwise, or credit.
        invoices=[item.invoice] if item.invoice.open_amount else None,
    )
    item.state = ItemState.COLLECTED
    item.save(update_fields=["state", "payment"])


@recorded(_("Collection credited"))
def credit_collection(*, key: int, line: StatementLine, on: date, by: AbstractUser | None = None) -> Collection:
    """
    Say that `line` is the money of the collection with the key `key`, and record its payments where they are not yet.

    Raises `ValidationError` where the amount is another one, or there are too many to be recorded at once.
    """
    collection = lock_collection(Collection(pk=key), (State.CONFIRMED, State.COLLECTED))
    items = collection.items.standing()
    total = items.aggregate(sum=Sum("amount"))["sum"] or ZERO
    if collection.credited_by_id or total != line.amount:
        message = _("The direct debits of %(name)s come to %(total)s, the line is %(amount)s.")
        words = {"name": collection, "total": format_money(total), "amount": format_money(line.amount)}
        raise ValidationError({"line": ValidationError(message, params=words)})
    if items.filter(state=ItemState.PENDING).count() > MOST_AT_ONCE:
        message = _("Record the payments of %(name)s on its page first: there are many.")
        raise ValidationError({"line": ValidationError(message, params={"name": collection})})
    while collect_next(collection=collection, on=on, by=by):
        pass
    collection.refresh_from_db()
    collection.credited_by = line
    return save_collection(collection)
