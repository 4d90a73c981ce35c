"""`manage.py run_billing`: bill everything that is due up to a day, or say what would be billed."""

import json
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import BillingRun
from billing.runs.figures import figures_of, in_sentence
from billing.runs.running import open_run, work_on
from customerflow.changes.commands import RecordingCommand


class Command(RecordingCommand):
    """Issue what is due. It may be stopped anywhere, and run again: nothing is billed twice."""

    help = (
        "Issue the invoices of all that is due up to a day. It may be stopped anywhere and run again: nothing is "
        "billed twice. Exit status: 0 all is billed; 1 somebody could not be, and the report says why; 2 it could not "
        "run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", metavar="DAY", help="bill what is due up to this day, such as 2026-11-20 (today)")
        parser.add_argument("--preview", action="store_true", help="issue nothing; the day may be one to come")
        parser.add_argument("--json", action="store_true", help="print the report for a program")

    def handle(self, *args: Any, on: str | None, preview: bool, **options: Any) -> None:
        today = timezone.localdate()
        try:
            day = date.fromisoformat(on) if on else today
        except ValueError as error:
            raise CommandError(f"--on is {on!r}: write a day such as 2026-11-20.", returncode=2) from error
        try:
            run, goes_on = open_run(day=day, plan=preview, on=today)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        if goes_on:
            self.stderr.write(_("Goes on with what was begun at %(at)s.") % {"at": f"{run.started_at:%Y-%m-%d %H:%M}"})
        for now in work_on(run, on=today):
            run = now
        self._report(run, as_json=options["json"])

    def _report(self, run: BillingRun, *, as_json: bool) -> None:
        figures = figures_of(run)
        if as_json:
            self.stdout.write(json.dumps(figures.as_json()))
        else:
            for customer, reason in figures.first_parked:
                self.stderr.write(f"{customer}: {reason}")
            self.stdout.write(in_sentence(run, figures))
        if figures.parked:
            raise CommandError(_("%(number)d could not be billed.") % {"number": figures.parked}, returncode=1)
