"""`manage.py prune_changes`: forgets who changed what, after as long as the operator keeps it."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from customerflow.changes.pruning import count_old_changes, prune_changes

DAYS = re.compile(r"[1-9][0-9]{0,4}d", re.ASCII)


def days(text: str) -> timedelta:
    """Return a number of days that is more than none; raises `ArgumentTypeError`."""
    if not DAYS.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is no number of days: write one such as 730d.")
    return timedelta(days=int(text.removesuffix("d")))


class Command(BaseCommand):
    """Forget old changes. The records stay as they are."""

    help = "Forget changes that are older than so many days. It may be killed and repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", metavar="DAYS", type=days, required=True, help="how long changes are kept, such as 730d"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *args: Any, older_than: timedelta, dry_run: bool, **options: Any) -> None:
        before = timezone.now() - older_than
        found = count_old_changes(before=before) if dry_run else prune_changes(before=before)
        said = "would be pruned" if dry_run else "were pruned"
        self.stdout.write(f"{found} from before {before:%Y-%m-%d} {said}.")
