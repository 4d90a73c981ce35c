"""`manage.py dun`: take the steps that invoices have come to: reminders, calls and late fees."""

import json
from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.documents.sending import deliver_due
from customerflow.changes.commands import RecordingCommand
from dunning.reminders.acting import Outcome, act_on
from dunning.reminders.figures import as_json, in_sentences


class Command(RecordingCommand):
    """Take all steps that are due. It may be stopped anywhere, and run again: no step is taken twice."""

    help = (
        "Remind customers, ask for calls and charge late fees, by the rules that are switched on, up to a day. It may "
        "be stopped anywhere and run again: no step is taken twice. `daily` does the same. Exit status: 0 all is done; "
        "1 something failed, and the list of reminder steps says why; 2 it could not run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", metavar="DAY", help="act for this day, such as 2026-11-20 (today)")
        parser.add_argument("--preview", action="store_true", help="do nothing; the day may be one to come")
        parser.add_argument("--json", action="store_true", help="print the report for a program")

    def handle(self, *args: Any, on: str | None, preview: bool, **options: Any) -> None:
        today = timezone.localdate()
        try:
            day = date.fromisoformat(on) if on else today
        except ValueError as error:
            raise CommandError(f"--on is {on!r}: write a day such as 2026-11-20.", returncode=2) from error
        if day > today and not preview:
            raise CommandError(_("This day is still to come: it can be previewed."), returncode=2)
        outcome = Outcome()
        for now in act_on(on=day, at=timezone.now(), is_preview=preview):
            outcome = now
        sent = 0 if preview else deliver_due(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(as_json(outcome, day) | {"preview": preview, "emails_sent": sent}))
        else:
            self.stdout.write("\n".join(in_sentences(outcome, day)))
        if outcome.failed:
            raise CommandError(_("%(number)d steps failed.") % {"number": outcome.failed}, returncode=1)
