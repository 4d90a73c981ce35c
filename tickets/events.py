"""The events of tickets: every act on a ticket comes by here, one by one or, in a load, by statements."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.db import models

from customerflow.changes.models import Change
from customerflow.changes.triggers import recorded_set
from customerflow.loads.applying import Application
from customers.models import Service
from tickets.models import AssignmentRule, Message, Ticket, TicketEvent, TicketType
from tickets.notices import notify

Kind = TicketEvent.Kind
# What is told as an event when it changes, and by which of its columns a related record is named.
NAMED_BY: dict[Kind, tuple[type[models.Model], str] | None] = {
    Kind.STATUS: None,
    Kind.PRIORITY: None,
    Kind.TYPE: (TicketType, "name"),
    Kind.SERVICE: (Service, "name"),
    Kind.GROUP: (Group, "name"),
    Kind.ASSIGNEE: (get_user_model(), "username"),
    Kind.SNOOZED_UNTIL: None,
    Kind.DUE_ON: None,
}
NOT_LOADED = {Kind.SNOOZED_UNTIL, Kind.DUE_ON}
EVENTS = TicketEvent._meta.db_table

Watched = dict[Kind, object]


def watched(ticket: Ticket) -> Watched:
    """Return what of a ticket is told as an event when it changes: values, and keys of related records."""
    return {kind: getattr(ticket, _field(kind).attname) for kind in NAMED_BY}


def tell_opened(ticket: Ticket, *, at: datetime, by: AbstractUser | None, rule: AssignmentRule | None = None) -> None:
    """Write that `ticket` was opened, and who is to look after it from the beginning, by a rule if by one."""
    _write(ticket, Kind.OPENED, at, by)
    if rule:
        tell_rule(ticket, rule.name, at=at)
    chosen_by = None if rule else by
    tell_changes(ticket, watched(ticket) | {Kind.GROUP: None, Kind.ASSIGNEE: None}, at=at, by=chosen_by)


def tell_message(message: Message) -> TicketEvent:
    """Write that something was said: by the customer, to the customer, or among staff."""
    return _write(message.ticket, _kind_of(message), message.created_at, message.author)


def move_message(message: Message, ticket: Ticket) -> None:
    """
    Let `message` be one of another `ticket`, and what tells of it there too.

    What is told of a ticket begins with its opening: what was said before is told behind it. The first message of a
    ticket has no event of its own, as the opening is that.
    """
    told = message.ticket.events.filter(kind=_kind_of(message), at=message.created_at, by=message.author)
    if event := told.order_by("pk").first():
        event.delete()
    message.ticket = ticket
    message.save(update_fields=["ticket"])
    tell_message(message)


def _kind_of(message: Message) -> Kind:
    if message.kind == Message.Kind.INTERNAL:
        return Kind.NOTED
    return Kind.ANSWERED if message.author_id else Kind.ASKED


def tell_changes(
    ticket: Ticket,
    was: Watched,
    *,
    at: datetime,
    by: AbstractUser | None,
    outcome: dict[str, object] | None = None,
    message: Message | None = None,
) -> None:
    """
    Write what of `ticket` is not any more what `watched` returned before; with its status, the `outcome`.

    What was said is written before it. Whom any of it concerns is told, once for all of it.
    """
    told = [tell_message(message)] if message else []
    for kind, now in watched(ticket).items():
        if was[kind] != now:
            outcome_of_it = outcome if kind == Kind.STATUS else None
            told.append(_write(ticket, kind, at, by, _name(kind, was[kind]), _name(kind, now), outcome_of_it))
    notify(ticket, told, at=at, by=by)


def tell_related(kind: Kind, ticket: Ticket, other: Ticket, *, at: datetime, by: AbstractUser | None) -> None:
    """Write that something was done to `ticket` and another together: merged, merge taken back, split."""
    _write(ticket, kind, at, by, after=f"#{other.number}")


def tell_rule(ticket: Ticket, name: str, *, at: datetime) -> None:
    """Write that a rule acts on `ticket`."""
    _write(ticket, Kind.RULE, at, None, after=name)


def tell_visit(ticket: Ticket, before: str, after: str, *, at: datetime, by: AbstractUser | None) -> None:
    """Write what was planned, or became, of a visit on `ticket`: how it stood before, if there was one, and after."""
    longest = TicketEvent.LONGEST_VALUE
    _write(ticket, Kind.VISIT, at, by, before=before[:longest], after=after[:longest])


def tell_incident(kind: Kind, ticket: Ticket, number: str, *, at: datetime, by: AbstractUser | None) -> None:
    """Write that `ticket` was joined to the incident with a number, or taken out of it."""
    _write(ticket, kind, at, by, after=f"#{number}")


def tell_loaded(application: Application) -> None:
    """Write what a load did to tickets: those it made were as they are from the moment they were opened on."""
    stage = application.stage
    made = f"FROM {application.written} AS w WHERE w.is_new = 1"
    columns = f"INSERT INTO {EVENTS} (ticket_id, kind, at, before, after)"
    stage.run(f"{columns} SELECT w.record_id, '{Kind.OPENED}', w.opened_at, '', '' {made} ORDER BY w.row_number")
    for kind in (Kind.GROUP, Kind.ASSIGNEE):
        key = f"w.{_field(kind).column}"
        stage.run(
            f"""
            {columns} SELECT w.record_id, '{kind}', w.opened_at, '', {_name_in_sql(kind, key)}
            {made} AND {key} IS NOT NULL ORDER BY w.row_number
            """
        )
    stage.run(
        f"""
        {columns} SELECT w.record_id, '{Kind.STATUS}', COALESCE(w.finished_at, w.opened_at), 'new', w.status
        {made} AND w.status <> 'new' ORDER BY w.row_number
        """
    )
    for kind in NAMED_BY:
        if kind not in NOT_LOADED:
            _tell_loaded_changes(application, kind)


def _tell_loaded_changes(application: Application, kind: Kind) -> None:
    """Write what a load changed of one column, by what the history has just written down of it."""
    stage, column = application.stage, _field(kind).column
    stored = ("json_extract(c.{0}, '$.{1}')" if stage.is_sqlite else "(c.{0}::json ->> '{1}')").format
    has = f"json_type(c.after, '$.{column}') IS NOT NULL"
    if not stage.is_sqlite:
        has = f"jsonb_exists(c.after::jsonb, '{column}')"
    before, after = (_name_in_sql(kind, stored(image, column)) for image in ("before", "after"))
    at = "%s" if stage.is_sqlite else "%s::timestamptz"
    at = f"COALESCE(t.finished_at, {at})" if kind == Kind.STATUS else at
    stage.run(
        f"""
        INSERT INTO {EVENTS} (ticket_id, kind, at, by_id, before, after)
        SELECT t.id, '{kind}', {at}, %s, {before}, {after}
        FROM {Change._meta.db_table} AS c JOIN {Ticket._meta.db_table} AS t ON t.id = c.record_id
        WHERE c.change_set_id = {recorded_set("sqlite" if stage.is_sqlite else "postgresql")}
        AND c.kind = '{Ticket._meta.label_lower}' AND c.action = '{Change.Action.CHANGE}' AND {has}
        ORDER BY c.id
        """,
        [application.moment, application.by and application.by.pk],
    )


def _name_in_sql(kind: Kind, value: str) -> str:
    """Return the SQL of what `_name` returns."""
    if NAMED_BY[kind] is None:
        return f"COALESCE({value}, '')"
    model, column = NAMED_BY[kind]
    return f"COALESCE((SELECT {column} FROM {model._meta.db_table} WHERE id = CAST({value} AS bigint)), '')"


def _name(kind: Kind, value: object) -> str:
    """Return a value or, of a related record with this key, its name as it is now."""
    if value is None or NAMED_BY[kind] is None:
        return str(value or "")
    model, column = NAMED_BY[kind]
    return model._base_manager.filter(pk=value).values_list(column, flat=True).first() or ""


def _field(kind: Kind) -> models.Field:
    return Ticket._meta.get_field(kind.value)


def _write(
    ticket: Ticket,
    kind: Kind,
    at: datetime,
    by: AbstractUser | None,
    before: str = "",
    after: str = "",
    outcome: dict[str, object] | None = None,
) -> TicketEvent:
    return TicketEvent.objects.create(
        ticket=ticket, kind=kind, at=at, by=by, before=before, after=after, outcome=outcome
    )
