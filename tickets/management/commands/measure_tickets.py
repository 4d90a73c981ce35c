"""`manage.py measure_tickets`: keep what reports count of tickets."""

from typing import Any

from django.core.management.base import CommandParser

from customerflow.changes.commands import RecordingCommand
from tickets.sla.measuring import measure_missing


class Command(RecordingCommand):
    """Keep the rounds of tickets, and the steps taken in them, where nothing is kept yet."""

    help = (
        "Keep what reports count of tickets, from what happened to them: of those of which nothing is kept yet, as "
        "after an upgrade. It may be stopped anywhere and run again; the daily step does it too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="of every ticket, whatever is kept of it")

    def handle(self, *args: Any, again: bool, **options: Any) -> None:
        self.stdout.write(f"Tickets measured: {measure_missing(again=again)}.")
