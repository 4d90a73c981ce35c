"""`manage.py worker`: does the jobs of the background until it is told to end."""

import math
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from customerflow.jobs.leases import LEASE
from customerflow.jobs.worker import Worker


def seconds(text: str) -> float:
    """Return a number of seconds that is more than none; raises `ArgumentTypeError`."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ArgumentTypeError(f"{text!r} is no number of seconds: write one such as 120.")
    return number


class Command(BaseCommand):
    """Do what is to be done in the background. Several workers may run at once."""

    help = "Do jobs in the background, until SIGTERM or SIGINT (Ctrl-C); what is being done then goes on later."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--lease",
            metavar="SECONDS",
            type=seconds,
            default=LEASE,
            help="after how long without a sign of life others take over its work (%(default)g)",
        )
        parser.add_argument(
            "--interval",
            metavar="SECONDS",
            type=seconds,
            default=1.0,
            help="how long to wait before looking into an empty queue again (%(default)g)",
        )

    def handle(self, *args: Any, lease: float, interval: float, **options: Any) -> None:
        worker = Worker(lease=lease, interval=interval)
        worker.configure_signals()
        worker.run()
