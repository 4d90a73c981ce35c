"""
Telling colleagues by e-mail what happens to tickets that are theirs, or that they follow.

An act asks for a notice in its own transaction; what the notice says is found when it is sent, from the events alone.
So nothing of a conversation is in it, and what was undone meanwhile is not told.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext_lazy
from django_tasks import task

from customerflow.mail.delivering import LONGEST_PROBLEM, Outbox
from tickets.models import StaffNotice, Ticket, TicketEvent
from tickets.notice_words import Told, sentence, subject_of, text_of

Kind = TicketEvent.Kind
State = StaffNotice.State
NOTHING_LEFT = gettext_lazy("Nothing was left to tell.")
SAID = frozenset({Kind.ASKED, Kind.ANSWERED, Kind.NOTED})
TOLD = SAID | {Kind.ASSIGNEE, Kind.STATUS}
# An e-mail says of so many tickets what happened, and of each no more than that; of the others how many they are.
MOST_LISTED = 20
MOST_EVENTS = 50
KEPT_FOR = timedelta(days=90)
# What the Message-ID of a notice begins with: what names one answers it.
NOTICE_ID = "staff-notice."


# Behind all else: after a bulk edit there are many, of which the first tells all.
@task(priority=-10)
def deliver_later(notice_id: int) -> None:
    """Send a notice: what the queue hands to a worker."""
    OUTBOX.work(notice_id)


def notify(ticket: Ticket, events: Iterable[TicketEvent], *, at: datetime, by: AbstractUser | None) -> None:
    """
    Let those be told of the `events` of an act whom they concern, but not who did it.

    The row of the ticket is locked by the act, so that a ticket has one act at a time. A notice that waits already is
    locked too: whoever sends it has to wait for what this act adds to it.
    """
    told = [event for event in events if event.kind in TOLD]
    if not told or not settings.EMAIL_IS_ON:
        return
    people = list(_concerned(ticket, told, by))
    if not people:
        return
    waiting = StaffNotice.objects.untried().filter(ticket=ticket, person__in=people)
    known = set(waiting.order_by("pk").select_for_update(no_key=True).values_list("person_id", flat=True))
    first, try_at = min(event.pk for event in told), at + StaffNotice.WAIT
    notices = StaffNotice.objects.bulk_create(
        StaffNotice(person=person, ticket=ticket, first_event=first, mail_id=_new_id(), try_at=try_at)
        for person in people
        if person.pk not in known
    )
    for notice in notices:
        deliver_later.using(run_after=try_at).enqueue(notice.pk)


def _concerned(ticket: Ticket, events: list[TicketEvent], by: AbstractUser | None) -> models.QuerySet:
    """Return who is to be told, as they have chosen it: followers, and the assignee of what concerns them."""
    staff = get_user_model()
    following = Ticket.watchers.through.objects.filter(ticket=ticket).values("user")
    concerned = Q(pk__in=following, notices=staff.Notices.FOLLOWED)
    if any(event.kind != Kind.STATUS or event.is_reopening for event in events):
        concerned |= Q(pk=ticket.assignee_id, notices__in=[staff.Notices.MINE, staff.Notices.FOLLOWED])
    return staff.objects.filter(concerned, is_active=True).exclude(email="").exclude(pk=by and by.pk).order_by("pk")


class NoticeOutbox(Outbox):
    """Notices to staff."""

    model = StaffNotice
    related = ("person", "ticket")

    def deliver(self, email_id: int, at: datetime) -> StaffNotice | None:
        """Send one, and with it all that wait for the same person: what becomes of it becomes of them."""
        notice = super().deliver(email_id, at)
        if notice is not None:
            together = StaffNotice.objects.filter(mail_id=notice.mail_id, state=State.SENDING)
            together.update(**{name: getattr(notice, name) for name in notice.outcome_fields})
        return notice

    def message_of(self, email: StaffNotice) -> EmailMessage:
        """Return the e-mail. Raises `ValidationError` where nothing of this notice is left to tell."""
        with translation.override(settings.LANGUAGE_CODE):
            said = _sentences(email)
            if not said:
                raise ValidationError(NOTHING_LEFT)
            told, others = _told({email.ticket: said}, _gathered(email), email.person)
            email.to = email.person.email
            return EmailMessage(
                subject=subject_of(told, others),
                body=text_of(told, others),
                to=[email.to],
                headers={
                    "Message-ID": email.mail_id,
                    # Programs do not answer it.
                    "Auto-Submitted": "auto-generated",
                    "X-Auto-Response-Suppress": "All",
                },
            )


OUTBOX = NoticeOutbox(deliver_later)
deliver, deliver_due = OUTBOX.deliver, OUTBOX.deliver_due


def is_notice(mail_id: str) -> bool:
    """Return whether a Message-ID is that of a notice to staff, also of one that is forgotten."""
    return mail_id.startswith(f"<{NOTICE_ID}")


def return_notice(mail_id: str, problem: str) -> int:
    """Let the notices that went with an e-mail have failed: it came back. Return how many they are."""
    sent = StaffNotice.objects.filter(mail_id=mail_id, state=State.SENT)
    return sent.update(state=State.FAILED, sent_at=None, problem=problem[:LONGEST_PROBLEM])


def prune_notices(at: datetime) -> int:
    """Forget what was told, or was not, so long before the moment `at` that nobody asks; return how many."""
    old = StaffNotice.objects.filter(made_at__lt=at - KEPT_FOR, state__in=[State.SENT, State.FAILED])
    forgotten = 0
    while keys := list(old.order_by("made_at").values_list("pk", flat=True)[:1_000]):
        forgotten += StaffNotice.objects.filter(pk__in=keys).delete()[0]
    return forgotten


def _gathered(notice: StaffNotice) -> list[StaffNotice]:
    """
    Claim what else waits for the person of a claimed `notice`, due or not, and return it.

    What an act adds to at this moment is left alone: it has its own moment.
    """
    waiting = StaffNotice.objects.filter(person=notice.person, state=State.WAITING)
    with transaction.atomic():
        free = waiting.select_for_update(skip_locked=True, no_key=True).order_by().values("pk")
        claim = {"state": State.SENDING, "attempts": F("attempts") + 1, "tried_at": notice.tried_at}
        StaffNotice.objects.filter(pk__in=free).update(**claim, mail_id=notice.mail_id)
    claimed = StaffNotice.objects.filter(mail_id=notice.mail_id, state=State.SENDING).exclude(pk=notice.pk)
    return list(claimed.select_related("ticket").order_by("pk"))


def _told(told: Told, notices: list[StaffNotice], person: AbstractUser) -> tuple[Told, int]:
    """
    Return what is told already and what further `notices` tell a person, and on how many tickets there is more.

    One of which nothing is left fails alone. What is beyond the limit is counted, not looked at.
    """
    others = set()
    for notice in notices:
        notice.person = person
        if notice.ticket in told:
            continue
        if notice.ticket and len(told) == MOST_LISTED:
            others.add(notice.ticket_id)
        elif said := _sentences(notice):
            told[notice.ticket] = said
        else:
            StaffNotice.objects.filter(pk=notice.pk).fail(NOTHING_LEFT)
    return told, len(others)


def _sentences(notice: StaffNotice) -> list[str]:
    """Return what is left to tell of one ticket, each sentence once: nothing to who is to be told no more."""
    person, ticket = notice.person, notice.ticket
    choice = person.notices if person.is_active and person.email else person.Notices.NONE
    if ticket is None or choice == person.Notices.NONE or not person.has_perm("tickets.view_ticket"):
        return []
    is_theirs = ticket.assignee_id == person.pk
    follows = choice == person.Notices.FOLLOWED and ticket.watchers.filter(pk=person.pk).exists()
    since = ticket.events.filter(pk__gte=notice.first_event, kind__in=TOLD).exclude(by=person).select_related("by")
    said = [
        sentence(event, person)
        for event in since[:MOST_EVENTS]
        if follows or (is_theirs and _concerns_assignee(event, person))
    ]
    return list(dict.fromkeys(said))


def _concerns_assignee(event: TicketEvent, person: AbstractUser) -> bool:
    is_given = event.kind == Kind.ASSIGNEE and event.after == person.username
    return event.kind in SAID or is_given or event.is_reopening


def _new_id() -> str:
    """Return a Message-ID by which an answer to a notice is known, also when the notice is forgotten."""
    return f"<{NOTICE_ID}{uuid.uuid4().hex}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>"
