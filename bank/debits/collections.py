"""Collections: which open invoices are collected on a day, looked at, then confirmed or cancelled."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from bank.debits.creditor import creditor
from bank.models import Collection, CollectionItem, Mandate
from billing.models import Invoice
from customerflow.changes.recording import recorded
from customerflow.inserting import insert_all
from customerflow.keys import among
from dunning.promises import promised, without_promised

BATCH = 1_000
# One file takes so many: a collection of more is cut, and the rest is in the next one.
MOST_ITEMS = 10_000
State, ItemState = Collection.State, CollectionItem.State


@recorded(_("Collection drawn up"))
def draw_up_collection(*, collect_on: date, due_up_to: date, on: date, by: AbstractUser | None = None) -> Collection:
    """
    Gather what is open and due up to `due_up_to` (inclusive) of customers with a mandate, to be collected.

    What waits in another collection is left out, and what is promised to be paid otherwise, until the day of the
    promise is over. Raises `ValidationError`, keyed by field: for a day that is not to come, where the creditor's own
    data are missing, and where there is nothing to collect.
    """
    creditor()
    if collect_on <= on:
        raise ValidationError({"collect_on": _("The bank collects on a day to come.")})
    if due_up_to > collect_on:
        raise ValidationError({"due_up_to": _("Nothing is collected before it is due.")})
    # Two who draw up at once: one waits, and finds what the other has gathered.
    list(Collection.objects.select_for_update(no_key=True).filter(state=State.DRAFT).order_by("pk"))
    number = (Collection.objects.aggregate(most=Max("pk"))["most"] or 0) + 1
    collection = Collection.objects.create(
        reference=f"DD{collect_on:%Y%m%d}-{number}", collect_on=collect_on, due_up_to=due_up_to, made_by=by
    )
    if not _gather(collection, on):
        raise ValidationError({"due_up_to": _("Nothing is open up to that day of a customer with a mandate.")})
    return collection


def _gather(collection: Collection, on: date) -> int:
    count, beyond = 0, 0
    usable = Mandate.objects.usable(on).order_by("pk")
    while count < MOST_ITEMS and (mandates := list(usable.filter(pk__gt=beyond)[:BATCH])):
        beyond = mandates[-1].pk
        # Of two mandates of one customer, as after a merge, the newer one.
        by_customer = {each.customer_id: each for each in _newest(mandates)}
        items = []
        for invoice in _collectable(by_customer, collection.due_up_to, on)[: MOST_ITEMS - count]:
            mandate, count = by_customer[invoice.customer_id], count + 1
            items.append(
                CollectionItem(
                    collection=collection,
                    mandate=mandate,
                    customer_id=invoice.customer_id,
                    invoice=invoice,
                    amount=invoice.open_amount,
                    sequence=mandate.sequence,
                    end_to_end_id=f"{collection.reference}-{count}",
                )
            )
            mandate.sequence = Mandate.Sequence.RECURRING
        insert_all(CollectionItem, items)
    return count


def _newest(mandates: list[Mandate]) -> list[Mandate]:
    customers = among({each.customer_id for each in mandates})
    active = Mandate.objects.filter(state=Mandate.State.ACTIVE, customer__in=customers).order_by()
    newest = set(active.values("customer").annotate(newest=Max("pk")).values_list("newest", flat=True))
    return [each for each in mandates if each.pk in newest]


def _collectable(by_customer: dict[int, Mandate], up_to: date, on: date) -> list[Invoice]:
    invoices = Invoice.objects.open().filter(customer__in=among(by_customer), due_on__lte=up_to)
    invoices = without_promised(invoices, on)
    pending = CollectionItem.objects.filter(invoice=models.OuterRef("pk"), state=ItemState.PENDING)
    return list(invoices.exclude(models.Exists(pending)).order_by("customer", "due_on", "pk"))


@recorded(_("Collection confirmed"))
def confirm_collection(*, collection: Collection, on: date) -> Collection:
    """
    Let a collection that was looked at become a file for the bank, and return it.

    What was settled in part meanwhile is collected as far as it is open; what was settled or promised, or whose mandate
    ended, is dropped. Raises `ValidationError` where its day has come, or nothing is left.
    """
    collection = lock_collection(collection, (State.DRAFT,))
    if collection.collect_on <= on:
        raise ValidationError({"collect_on": _("Its day has come: draw up another one.")})
    pending = collection.items.filter(state=ItemState.PENDING)
    gone = pending.exclude(mandate__state=Mandate.State.ACTIVE)
    gone.update(state=ItemState.DROPPED, reason=_t("The mandate has ended."))
    about = Invoice.objects.filter(pk__in=pending.order_by().values("invoice"))
    promises = pending.filter(invoice__in=promised(about, on).order_by().values("pk"))
    promises.update(state=ItemState.DROPPED, reason=_t("It is promised to be paid otherwise."))
    changed = pending.exclude(amount=F("invoice__total") - F("invoice__settled"), invoice__status="issued")
    for item in changed.select_related("invoice"):
        if item.invoice.open_amount:
            item.amount = item.invoice.open_amount
        else:
            item.state, item.reason = ItemState.DROPPED, _t("It was settled meanwhile.")
        item.save(update_fields=["amount", "state", "reason"])
    if not pending.exists():
        raise ValidationError({"collection": _("Nothing of it is left to be collected.")})
    collection.state, collection.confirmed_at = State.CONFIRMED, timezone.now()
    return save_collection(collection)


@recorded(_("Collection cancelled"))
def cancel_collection(*, collection: Collection) -> Collection:
    """
    Collect nothing of a collection, and return it. Its invoices may be in the next one.

    One that was sent to the bank is cancelled there too, by a person. Raises `ValidationError` where something of it
    was collected.
    """
    collection = lock_collection(collection, (State.DRAFT, State.CONFIRMED))
    if collection.items.exclude(state__in=[ItemState.PENDING, ItemState.DROPPED]).exists():
        raise ValidationError({"collection": _("Something of it was collected or returned already.")})
    collection.items.filter(state=ItemState.PENDING).update(state=ItemState.DROPPED, reason=_t("Cancelled"))
    collection.state = State.CANCELLED
    return save_collection(collection)


def lock_collection(collection: Collection, states: tuple[str, ...]) -> Collection:
    """Return a collection, read again and locked; refuse it in another state."""
    found = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
    if found.state not in states:
        message = _("This collection is not waiting for that any more: it is %(state)s.")
        words = {"state": found.get_state_display().lower()}
        raise ValidationError({"collection": ValidationError(message, params=words)})
    return found


def save_collection(collection: Collection) -> Collection:
    """Save a collection as its next version, and return it."""
    collection.version += 1
    collection.save()
    return collection
