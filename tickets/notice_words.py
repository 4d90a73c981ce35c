"""
What a notice to staff says: who did what, never what was said.

It is made of the names of colleagues, of states, and of the ticket's number, subject and address. Nothing of a message
comes here, so that an internal note has no way out.
"""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tickets.models import Ticket, TicketEvent

Kind = TicketEvent.Kind
# Of each ticket what happened.
Told = dict[Ticket, list[str]]

# Where a colleague did it, and where a rule or the customer did.
BY_SOMEBODY = {
    "answered": gettext_lazy("%(name)s answered."),
    "noted": gettext_lazy("%(name)s noted something."),
    "yours": gettext_lazy("%(name)s gave it to you."),
    "taken": gettext_lazy("%(name)s took it."),
    "given": gettext_lazy("%(name)s gave it to %(after)s."),
    "nobody": gettext_lazy("%(name)s gave it to nobody."),
    "again": gettext_lazy("%(name)s opened it again."),
    "status": gettext_lazy("%(name)s set it to “%(after)s”."),
}
BY_NOBODY = {
    "asked": gettext_lazy("The customer wrote."),
    "yours": gettext_lazy("A rule gave it to you."),
    "given": gettext_lazy("A rule gave it to %(after)s."),
    "nobody": gettext_lazy("Nobody has it any more."),
    "again": gettext_lazy("It is open again."),
    "status": gettext_lazy("It is “%(after)s” now."),
}


def sentence(event: TicketEvent, person: AbstractUser) -> str:
    """Return what `person` is told of an event."""
    words = BY_SOMEBODY if event.by else BY_NOBODY
    return str(words[_what(event, person)]) % {"name": event.by, "after": event.said_after}


def subject_of(told: Told, others: int) -> str:
    """Return the subject of the e-mail, without the brackets by which an answer of a customer finds its ticket."""
    number = len(told) + others
    if number > 1:
        return ngettext("News on %(number)d ticket", "News on %(number)d tickets", number) % {"number": number}
    (ticket,) = told
    return " ".join(_title(ticket).replace("[", "(").replace("]", ")").split())


def text_of(told: Told, others: int) -> str:
    """Return the text of the e-mail: a paragraph for each ticket, and how to be told less."""
    parts = ["\n".join([*_heading(ticket), "", *said]) for ticket, said in told.items()]
    if others:
        more = ngettext("And something on %(number)d more ticket.", "And something on %(number)d more tickets.", others)
        parts.append(more % {"number": others})
    parts.append(
        _(
            "Nobody reads an answer to this e-mail: answer on the page of the ticket. On the page of your account you "
            "choose of which tickets you are told."
        )
    )
    return "\n\n".join(parts) + "\n"


def _what(event: TicketEvent, person: AbstractUser) -> str:
    """Return by which words an event is told."""
    if event.is_reopening:
        return "again"
    if event.kind != Kind.ASSIGNEE:
        return event.kind
    if not event.after:
        return "nobody"
    if event.after == person.username:
        return "yours"
    return "taken" if event.by and event.after == event.by.username else "given"


def _title(ticket: Ticket) -> str:
    return _("Ticket %(number)s: %(subject)s") % {"number": ticket.number, "subject": ticket.subject}


def _heading(ticket: Ticket) -> list[str]:
    """Return which ticket it is, and where; without that where nobody has said where the product is."""
    return [_title(ticket), *([f"{settings.SITE_URL}{ticket.get_absolute_url()}"] if settings.SITE_URL else [])]
