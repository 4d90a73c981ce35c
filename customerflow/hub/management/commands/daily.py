"""`manage.py daily`: what has to happen once a day; it may be repeated, and days may be missed."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from customerflow.changes.commands import RecordingCommand
from customerflow.loads.pruning import prune_loads
from customers.duplicates import find_duplicates
from customers.price_changes import apply_due_prices


class Command(RecordingCommand):
    """
    Let the prices that begin today, or began on a missed day, be what the services cost; look for duplicates; forget
    what is kept of loads for a while only.
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
        self.stdout.write(f"{day}: {applied} price changes came into force.")
        self.stdout.write(f"{find_duplicates().pairs} pairs of customers may be one.")
        self.stdout.write(f"{prune_loads(timezone.now())} are forgotten.")
