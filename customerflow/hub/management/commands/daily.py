"""`manage.py daily`: what has to happen once a day; it may be repeated, and days may be missed."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from bank.waiting_files import prune_files
from billing.books.work import check_now, count_of
from billing.documents.sending import deliver_due
from billing.models import BillingStart
from billing.periods.work import seal_all
from billing.runs.figures import figures_of, in_sentence
from billing.runs.running import open_run, work_on
from customerflow.changes.commands import RecordingCommand
from customerflow.loads.pruning import prune_loads
from customerflow.webhooks.sending import deliver_due as deliver_webhooks
from customerflow.webhooks.sending import prune_deliveries
from customers.duplicates import find_duplicates
from customers.house_moves import do_due_moves
from customers.price_changes import apply_due_prices
from dunning.reminders.acting import Outcome
from dunning.reminders.acting import act_on as remind
from dunning.reminders.figures import in_sentences
from reports.leaks.finding import find_leaks
from suspensions.daily import act_on
from tickets.closing import close_waiting
from tickets.mail.sending import deliver_due as deliver_replies
from tickets.notices import deliver_due as deliver_notices
from tickets.notices import prune_notices
from tickets.sla.measuring import measure_all, measure_missing


class Command(RecordingCommand):
    """
    Let the prices that begin today, or began on a missed day, be what the services cost; let planned house moves
    happen; bill what is due; remind of what is late, and charge late fees; suspend who does not pay, and bring back
    who did; measure tickets by the calendars and policies of the day; close tickets whose customer does not answer;
    look for duplicates and leaks; forget what is kept of loads, files of banks and notices to staff for a while only;
    check the books.
    """

    help = "Do what has to happen once a day. It may be repeated, and a missed day is caught up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", metavar="DAY", help="the day to act for, such as 2026-11-20 (today)")

    def handle(self, *args: Any, on: str | None = None, **options: Any) -> None:
        try:
            day = date.fromisoformat(on) if on else timezone.localdate()
        except ValueError as error:
            raise CommandError(f"--on is {on!r}: write a day such as 2026-11-20.", returncode=2) from error
        applied = apply_due_prices(on=day)
        self.stdout.write(f"{day}: price changes that came into force: {applied}.")
        self._move(day)
        self._bill(day)
        self._dun(day)
        self._suspend(day)
        self.stdout.write(f"Tickets closed by rules: {close_waiting(timezone.now())}.")
        sent = sum(deliver(timezone.now()) for deliver in (deliver_due, deliver_replies, deliver_notices))
        self.stdout.write(f"E-mails sent: {sent}.")
        self.stdout.write(f"Tickets of which something else is due now: {measure_all()}.")
        if missing := measure_missing():
            self.stdout.write(f"Tickets of which reports knew nothing: {missing}.")
        self.stdout.write(f"Pairs of customers that may be one: {find_duplicates().pairs}.")
        self.stdout.write(f"Leaks: {sum(leak.found(day).count() for leak, _count in find_leaks(on=day))}.")
        self.stdout.write(f"{prune_loads(timezone.now())} are forgotten.")
        prune_notices(timezone.now())
        if pruned := prune_files(timezone.now()):
            self.stdout.write(f"Files of banks that nobody said how to read, forgotten: {pruned}.")
        if sealed := seal_all():
            self.stdout.write(f"Closed periods whose journal was taken down: {sealed}.")
        self._check_books(day)

    def _move(self, day: date) -> None:
        """Let planned house moves happen; say which could not."""
        done, refused = do_due_moves(on=day)
        self.stdout.write(f"Planned house moves that happened: {done}.")
        for move, reason in refused:
            self.stderr.write(f"{move}: {reason}")

    def _bill(self, day: date) -> None:
        """Issue what is due, where billing has a start: without one, nobody has asked for it yet."""
        if not BillingStart.objects.exists():
            self.stdout.write("Nothing is billed: the start of billing is not set.")
            return
        today = timezone.localdate()
        try:
            run, _goes_on = open_run(day=day, plan=False, on=today)
        except ValidationError as error:
            self.stderr.write(" ".join(error.messages))
            return
        for now in work_on(run, on=today):
            run = now
        figures = figures_of(run)
        self.stdout.write(in_sentence(run, figures))
        for customer, reason in figures.first_parked:
            self.stderr.write(f"{customer}: {reason}")

    def _suspend(self, day: date) -> None:
        """Let services come back where nothing is left, and turn off those that the rules name; tell the network."""
        acted = act_on(on=day)
        self.stdout.write(f"Suspensions that ended: {acted.returned}; customers suspended: {acted.in_words}.")
        if acted.parked:
            self.stderr.write(f"Customers left as they were because of an error: {acted.parked}.")
        for parked in acted.first_parked:
            self.stderr.write(str(parked))
        outcome = deliver_webhooks(timezone.now())
        self.stdout.write(f"Webhooks received: {outcome.received}; to be tried again: {outcome.failed}.")
        prune_deliveries(timezone.now())

    def _dun(self, day: date) -> None:
        """Take the steps that invoices have come to, and say what was done."""
        if day > timezone.localdate():
            self.stderr.write("Nobody is reminded for a day to come.")
            return
        outcome = Outcome()
        for now in remind(on=day, at=timezone.now()):
            outcome = now
        if outcome.counts:
            self.stdout.write("\n".join(in_sentences(outcome, day)))

    def _check_books(self, day: date) -> None:
        """Check the books, and say how many findings there are: the page of the books check says which."""
        try:
            found = count_of(check_now(on=day))
        except ValidationError as error:
            self.stderr.write(" ".join(error.messages))
            return
        (self.stderr if found else self.stdout).write(f"{found} findings in the books.")
