"""Answering all tickets of an incident at once: each exactly once, however often it is begun again or killed."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded, recording
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from customerflow.text import normalise
from customerflow.variables import check_variables
from incidents.answer_texts import VARIABLES, filled_in
from incidents.models import Answer, AnsweredTicket, Incident, JoinedTicket
from tickets.desk import change_status, reply
from tickets.mail.sending import addresses_of, why_not_sent
from tickets.models import Message, Ticket

KIND = "answer_incident"
AT_ONCE = 25
LONGEST_REASON = 300


def to_be_answered(incident: Incident) -> QuerySet[Ticket]:
    """Return the unfinished tickets that are joined to `incident`, those joined first first."""
    joined = Ticket.objects.unfinished().filter(joined__incident=incident)
    return joined.select_related("customer", "service__location", "location").order_by("joined")


def check_answer(*, kind: Message.Kind, body: str, is_sent: bool) -> str:
    """
    Return a text for many tickets as it is kept.

    Raises `ValidationError`, keyed by field, for a variable that is none, an internal note that were to be sent, and
    where nothing can be sent.
    """
    body = normalise(body)
    if not body:
        raise ValidationError({"body": _("Write what is to be said.")})
    try:
        check_variables(body, VARIABLES)
    except ValidationError as refusal:
        raise ValidationError({"body": refusal}) from refusal
    if is_sent and kind != Message.Kind.PUBLIC:
        raise ValidationError({"is_sent": _("An internal note is never sent.")})
    if is_sent and (reason := why_not_sent()):
        raise ValidationError({"is_sent": reason})
    return body


@recorded(gettext_lazy("All tickets of an incident answered"))
def answer_all(
    *,
    incident: Incident,
    kind: Message.Kind,
    body: str,
    is_sent: bool,
    is_resolving: bool,
    key: UUID,
    at: datetime,
    by: AbstractUser,
) -> tuple[Answer, Job | None]:
    """
    Begin to say `body` on every unfinished ticket of `incident`; return the answer, and the job that goes on with it.

    A form that was sent before, by its `key`, begins nothing: it returns that answer, and no job. Raises
    `ValidationError`, keyed by field, as `check_answer` does, and where no ticket is to be answered.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if before := Answer.objects.filter(key=key, incident=incident).first():
        return before, None
    body = check_answer(kind=kind, body=body, is_sent=is_sent)
    if not to_be_answered(incident).exists():
        raise ValidationError(_("No unfinished ticket is joined to it."))
    up_to = incident.joined.latest("pk").pk
    said = {"kind": kind, "body": body, "is_sent": is_sent, "is_resolving": is_resolving}
    answer = Answer(incident=incident, up_to=up_to, key=key, at=at, by=by, **said)
    answer.clean_fields(exclude={"incident", "by"})
    answer.save(force_insert=True)
    return answer, answer_later(answer)


def answer_later(answer: Answer) -> Job:
    """Let a worker do what is left of `answer`."""
    title = _("Answer to all tickets of incident #%(number)s") % {"number": answer.incident.number}
    payload = {"incident": answer.incident_id, "answer": answer.pk}
    job = Job.objects.open(KIND, title=title, by=answer.by, total=left_of(answer).count(), payload=payload)
    enqueue(job)
    return job


def left_of(answer: Answer) -> QuerySet[JoinedTicket]:
    """Return the tickets of which nothing has become yet, in the order in which they are locked."""
    done = AnsweredTicket.objects.filter(answer=answer, ticket=OuterRef("ticket"))
    joined = JoinedTicket.objects.filter(incident=answer.incident_id, pk__lte=answer.up_to)
    return joined.filter(~Exists(done)).order_by("ticket")


def answer_next(job: Job, at: datetime) -> bool:
    """Do the next tickets of a job, at the moment `at`; return whether more is left. Another job of it waits."""
    locked = Answer.objects.select_for_update(of=("self",)).select_related("incident", "by")
    answer = locked.get(pk=job.payload["answer"])
    batch = list(left_of(answer)[:AT_ONCE])
    with recording(job.title, by=answer.by):
        for joined in batch:
            if _answer_one(answer, joined.ticket_id, at).message_id:
                job.done += 1
            else:
                job.refused += 1
    return bool(batch)


def _answer_one(answer: Answer, key: int, at: datetime) -> AnsweredTicket:
    """Say it on one ticket, and write down that it was said, or why not; both or neither."""
    message, reason = None, ""
    try:
        with transaction.atomic():
            message, reason = _say(answer, key, at)
    except ValidationError as refusal:
        message, reason = None, " ".join(refusal.messages)
    return AnsweredTicket.objects.create(answer=answer, ticket_id=key, message=message, reason=reason[:LONGEST_REASON])


def _say(answer: Answer, key: int, at: datetime) -> tuple[Message | None, str]:
    """Return what was said on a ticket, and why it went to nobody or was not said."""
    tickets = Ticket.objects.select_for_update(of=("self",), no_key=True)
    ticket = tickets.select_related("customer", "service__location", "location").get(pk=key)
    if ticket.is_finished:
        return None, _("It is finished.")
    to = next(iter(addresses_of(ticket)), "") if answer.is_sent else ""
    body = filled_in(answer.body, answer.incident, ticket, answer.by)
    message = reply(ticket=ticket, kind=answer.kind, body=body, to=to, at=at, by=answer.by)
    if answer.is_resolving:
        change_status(ticket=ticket, status=Ticket.Status.RESOLVED, at=at, by=answer.by)
    missing = answer.is_sent and not to
    return message, _("Only recorded: no e-mail address of the customer is known.") if missing else ""
