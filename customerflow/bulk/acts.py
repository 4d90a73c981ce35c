"""
Acts on many records at once: what each needs to know, and what it does to one record.

An app declares those of its records in its `bulk_acts.py`::

    class CloseCustomers(BulkAct):
        heading = _("Close the accounts")
        form_class = CloseForm

        def state(self, customer):
            return customer.get_status_display()

        def act(self, customer, *, last_day):
            return self.state(close_customer(customer=customer, last_day=last_day, on=self.on))

    register(Customer, CloseCustomers, RemoveRecords)

The lists of the product and of the administration offer what is registered to those who may do it. What an act would do
is found by trying it and taking it back, so that nothing has a second copy of the rules.
"""

from collections.abc import Iterator
from datetime import datetime

from django import forms
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import ProtectedError
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customerflow.crud import consequences

# How a record stands, as far as an act is about it: in words, each under its heading. One that needs none has "".
Facts = dict[str, str]


class BulkAct:
    """
    An act on chosen records of one kind.

    A subclass says what the act is called, which form it needs (none: the empty form), and what happens to one record.
    `by` is who acts; `on` and `at` are the day and the moment, the same for all records.
    """

    heading = ""
    explanation = ""
    # Whether what it does cannot be missed by accident: its button is red.
    is_grave = False
    # What one may do with the record, or a right of its own.
    permission = "change"
    form_class: type[forms.Form] = forms.Form
    # Whether lists offer it; what is not begins on a page of its own.
    is_offered = True
    # Headings of facts that are prose: what was written there is not counted, only whether something was.
    prose: frozenset[str] = frozenset()

    def __init__(self, model: type[models.Model], *, by: AbstractBaseUser, at: datetime) -> None:
        self.model, self.by, self.at = model, by, at
        self.on = timezone.localdate(at)

    @classmethod
    def heading_for(cls, model: type[models.Model]) -> str:
        """Return what the act is called on records of `model`."""
        return str(cls.heading)

    @classmethod
    def is_permitted(cls, model: type[models.Model], user: AbstractBaseUser) -> bool:
        """Say whether a person may do this to records of `model`: what it needs to do it to one."""
        opts = model._meta
        if "." in cls.permission:
            return user.has_perm(cls.permission)
        return user.has_perm(f"{opts.app_label}.{get_permission_codename(cls.permission, opts)}")

    def initial(self) -> dict[str, object]:
        """Return what the form holds at first."""
        return {}

    def form(self, typed: QueryDict | None = None) -> forms.Form:
        """Return the form, empty or with what was typed."""
        return self.form_class(typed, initial=self.initial(), label_suffix="")

    def asks(self) -> bool:
        """Say whether the form has anything to ask."""
        return bool(self.form().fields)

    def records(self, values: dict[str, object]) -> models.QuerySet:
        """Return the records to choose from, with what the act reads of them."""
        return self.model._default_manager.all()

    def facts(self, record: models.Model, values: dict[str, object]) -> Facts:
        """Return how a record stands."""
        return {"": self.state(record)}

    def carry_out(self, record: models.Model, values: dict[str, object]) -> Facts | None:
        """
        Act on one locked record with the cleaned values of the form; return how it stands then.

        None means that it was so already. Raises `ValidationError` or `ProtectedError` where it is refused, in
        words that name no person.
        """
        after = self.act(record, **values)
        return None if after is None else {"": after}

    def state(self, record: models.Model) -> str:
        """Return in words how a record stands, as far as the act is about it."""
        raise NotImplementedError

    def act(self, record: models.Model, **values: object) -> str | None:
        """Act on one locked record; return in words how it stands then, None where it is so already."""
        raise NotImplementedError


class RemoveRecords(BulkAct):
    """Removing records, with what belongs to them alone; what is on the books stays."""

    heading = _("Remove")
    explanation = _("What is on the books cannot be removed.")
    permission = "delete"
    is_grave = True

    def state(self, record: models.Model) -> str:
        """Return what would go with the record."""
        goes_too, _in_the_way = consequences(record)
        return _("with %(records)s") % {"records": ", ".join(goes_too)} if goes_too else _("nothing else goes")

    def act(self, record: models.Model) -> str:
        self.remove(record)
        return _("removed")

    def remove(self, record: models.Model) -> None:
        """Remove one record; raises `ProtectedError` when something hangs on it."""
        record.delete()


ACTS: dict[type[models.Model], tuple[type[BulkAct], ...]] = {}


def register(model: type[models.Model], *acts: type[BulkAct]) -> None:
    """
    Make acts on records of `model` known, in the order in which they are offered.

    An app that builds on the model's own may add to them.
    """
    known = {act.__name__ for act in ACTS.get(model, ())}
    if twice := known & {act.__name__ for act in acts}:
        raise ValueError(f"Acts on {model._meta.label} are registered twice: {', '.join(sorted(twice))}.")
    ACTS[model] = (*ACTS.get(model, ()), *acts)


def acts_for(model: type[models.Model], user: AbstractBaseUser) -> list[type[BulkAct]]:
    """Return the acts on records of `model` that lists offer to a person who may do them."""
    return [act for act in ACTS.get(model, ()) if act.is_offered and act.is_permitted(model, user)]


def act_named(model: type[models.Model], name: str) -> type[BulkAct] | None:
    """Return the act on records of `model` with this name, None where there is none."""
    return next((act for act in ACTS.get(model, ()) if act.__name__ == name), None)


def reason(error: ProtectedError | ValidationError, model: type[models.Model]) -> str:
    """Return why a record was left out, in a sentence that holds for every record of which it is true."""
    if isinstance(error, ProtectedError):
        in_use = {str(record._meta.verbose_name_plural) for record in error.protected_objects}
        return _("It is still in use by %(records)s.") % {"records": ", ".join(sorted(in_use))}
    return " ".join(_sentences(error, model))


def _sentences(error: ValidationError, model: type[models.Model]) -> Iterator[str]:
    if not hasattr(error, "error_dict"):
        yield from error.messages
        return
    for name, messages in error.message_dict.items():
        try:
            label = f"{capfirst(model._meta.get_field(name).verbose_name)}: "
        except FieldDoesNotExist:
            label = ""
        yield from (f"{label}{message}" for message in messages)
