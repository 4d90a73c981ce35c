"""Calls that rules ask for, and what is forgotten of reminders when a customer is erased."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customers.models import Customer
from dunning.models import CallTask, Notice


@recorded(gettext_lazy("Call noted"))
def finish_call(
    *, call: CallTask, result: str, at: datetime, note: str = "", by: AbstractUser | None = None
) -> CallTask:
    """Note the result of a call, at the moment `at`; raises `ValidationError` where it was done already."""
    call = CallTask.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if call.is_done:
        raise ValidationError(_("This call was done already."))
    call.done_at, call.done_by, call.result, call.note = at, by, result, note
    call.full_clean()
    call.version += 1
    call.save()
    return call


def forget_said(customer: Customer) -> None:
    """Erase from the reminders of `customer` to whom they went and what was said; none waits to be printed then."""
    erased = dict.fromkeys(Notice.personal_fields, "")
    Notice.objects.filter(customer=customer).exclude(**erased).update(**erased)
    Notice.objects.to_print().filter(customer=customer).update(printed_at=F("made_at"))
