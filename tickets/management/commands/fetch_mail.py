"""`manage.py fetch_mail`: take the e-mails that customers sent."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from customerflow.changes.commands import RecordingCommand
from customerflow.environment import mailbox_at
from tickets.mail.fetching import SourceError, Taken, in_folder, in_maildir, in_mbox, take_all
from tickets.mail.receiving import mail_type
from tickets.models import IncomingMail


class Command(RecordingCommand):
    """Take what is there, each e-mail once. It may be stopped anywhere, and run again."""

    help = (
        "Take the e-mails that customers sent: an answer joins its ticket, a new one opens a ticket, and what nobody "
        "can tell waits to be sorted. It may be stopped anywhere and run again: none is taken twice. Exit status: 0 "
        "all was taken, 1 some cannot be read and are on record with the reason, 2 it could not run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--imap", metavar="URL", help="such as imaps://name:password@host/INBOX (IMAP_URL)")
        source.add_argument("--maildir", metavar="DIR", type=Path, help="a Maildir; what is taken counts as seen")
        source.add_argument("--mbox", metavar="FILE", type=Path, help="an mbox file, which is only read")
        parser.add_argument("--json", action="store_true", help="print an object for each e-mail")

    def handle(self, *args: Any, imap: str | None, maildir: Path | None, mbox: Path | None, **options: Any) -> None:
        if settings.MAIL_TICKET_TYPE and not mail_type():
            message = f"MAIL_TICKET_TYPE is {settings.MAIL_TICKET_TYPE!r}: there is no ticket type with this ID in use."
            raise CommandError(message, returncode=2)
        counts: Counter[str] = Counter()
        try:
            if maildir or mbox:
                self._take(in_maildir(maildir) if maildir else in_mbox(mbox), counts, as_json=options["json"])
            else:
                with in_folder(self._mailbox(imap)) as waiting:
                    self._take(waiting, counts, as_json=options["json"])
        except SourceError as error:
            raise CommandError(str(error), returncode=2) from error
        if not options["json"]:
            told = ", ".join(f"{state.label}: {counts[state]}" for state in IncomingMail.State if counts[state])
            self.stdout.write(f"E-mails taken: {sum(counts.values())}{f' ({told})' if told else ''}.")
        if counts[IncomingMail.State.REFUSED]:
            raise SystemExit(1)

    def _mailbox(self, url: str | None):
        try:
            box = mailbox_at(url) if url else settings.MAILBOX
        except ValueError as error:
            raise CommandError(f"--imap {error}", returncode=2) from None
        if box is None:
            raise CommandError("Name --imap, --maildir or --mbox, or set IMAP_URL.", returncode=2)
        return box

    def _take(self, waiting, counts: Counter[str], *, as_json: bool) -> None:
        for taken in take_all(waiting, timezone.now):
            if taken.is_new:
                counts[taken.mail.state] += 1
            self.stdout.write(json.dumps(_as_dict(taken), ensure_ascii=False) if as_json else _in_words(taken))


def _as_dict(taken: Taken) -> dict[str, object]:
    mail = taken.mail
    ticket = mail.message.ticket.number if mail.message else None
    told = {"from": mail.sender, "subject": mail.subject, "message_id": mail.mail_id, "state": mail.state}
    return told | {"reason": mail.reason, "ticket": ticket, "is_new": taken.is_new}


def _in_words(taken: Taken) -> str:
    mail = taken.mail
    became = f"{mail.get_state_display()}{f' #{mail.message.ticket.number}' if mail.message else ''}"
    known = "" if taken.is_new else " (known)"
    return f"{mail.sender or '?'}: {mail}: {became}{f': {mail.reason}' if mail.reason else ''}{known}"
