"""What the worklist shows."""

from dataclasses import replace
from datetime import date

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.tables import Column, Table, link, state
from customers.tables import phone
from dunning.models import CallTask, ContactAttempt, NextAction, Promise, Way
from dunning.worklist import WorkRow

SHAPES = {"open": "new", "kept": "active", "broken": "bad", "withdrawn": "off"}


def promise_state(promise: Promise) -> SafeString:
    """Return how a promise stands as a word with a shape; `with_state` has said it."""
    return state(Promise.State(promise.state).label, SHAPES[promise.state])


def promise_cell(promise: Promise | None) -> SafeString | str:
    """Return how the last promise stands, and what it is."""
    if not promise:
        return ""
    return format_html("{} <small>{}</small>", promise_state(promise), promise)


def contact_cell(contact: ContactAttempt | None) -> SafeString | str:
    """Return when somebody was spoken to last, how, and what was said."""
    if not contact:
        return ""
    reached = _t("reached") if contact.is_reached else _t("not reached")
    way = f"{contact.get_way_display()}, {reached}"
    said = '<span class="text-nowrap">{}</span> <small class="text-nowrap" title="{}">{}</small>'
    return format_html(said, contact.made_on, contact.note, way)


def action_cell(action: NextAction | CallTask | None, on: date) -> SafeString | str:
    """Return what is to be done next, and when; what is due stands out."""
    if not action:
        return ""
    is_asked_for = isinstance(action, CallTask)
    words, why = (Way.CALL.label, str(action.rule)) if is_asked_for else (action.get_way_display(), action.note)
    shape = "warn" if action.due_on <= on else "new"
    said = '<span class="text-nowrap">{}</span> <small class="text-nowrap" title="{}">{}</small>'
    return format_html(said, action.due_on, why, state(words, shape))


def _steps(row: WorkRow) -> SafeString:
    """Return the way to recording a contact with a customer."""
    return format_html(
        '<a class="btn btn-sm" href="{}" data-key="c" aria-keyshortcuts="c">{}'
        '<span class="visually-hidden"> {}</span></a>',
        reverse("dunning:contact", args=[row.customer.pk]),
        _t("Contact"),
        row.customer,
    )


def customer_cell(row: WorkRow) -> SafeString:
    """Return who it is, with the phone to call."""
    name = link(row.customer, row.customer.name)
    return (
        format_html('{} <small class="ltr text-nowrap">{}</small>', name, phone(row.customer))
        if row.customer.phone
        else name
    )


class WorkTable(Table):
    """The worklist of collections."""

    columns = (
        Column(
            "name",
            _("Customer"),
            value=lambda row: row.customer.name,
            sort="name_key",
            cell=lambda row: link(row.customer, row.customer.name),
        ),
        Column("phone", _("Phone"), value=lambda row: row.customer.phone, cell=lambda row: phone(row.customer)),
        Column("amount", _("Overdue"), value=lambda row: row.overdue_amount, sort="overdue_amount", css="num"),
        Column("oldest", _("Days late"), value=lambda row: row.days_late, sort="oldest_due_on", css="num"),
        Column("weight", _("Weight"), sort="weight", css="num"),
        Column("owner", _("Owner")),
        Column(
            "next_action",
            _("Next action"),
            value=lambda row: row.next_action and f"{row.next_action.due_on} {row.next_action}",
            cell=lambda row: action_cell(row.next_action, row.on),
        ),
        Column(
            "last_contact",
            _("Last contact"),
            value=lambda row: row.last_contact and str(row.last_contact),
            cell=lambda row: contact_cell(row.last_contact),
        ),
        Column(
            "promise",
            _("Promise"),
            value=lambda row: row.promise and f"{Promise.State(row.promise.state).label}: {row.promise}",
            cell=lambda row: promise_cell(row.promise),
        ),
    )
    order = "-weight"


class WorkPageTable(WorkTable):
    """The same as a page shows it: the phone stands with the name, so that a row fits."""

    columns = tuple(
        replace(column, cell=customer_cell) if column.name == "name" else column
        for column in WorkTable.columns
        if column.name != "phone"
    )


class WorkableTable(WorkPageTable):
    """The same for whoever records contacts."""

    columns = (*WorkPageTable.columns, Column("steps", _("Next step"), cell=_steps, css="row-actions"))
