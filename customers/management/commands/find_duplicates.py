"""`manage.py find_duplicates`: which customers may be one."""

from typing import Any

from customerflow.changes.commands import RecordingCommand
from customers.duplicates import MOST_SHARING, find_duplicates


class Command(RecordingCommand):
    """Find customers who may be one, for the list of likely duplicates."""

    help = "Find customers who may be one, for the list of likely duplicates. It may be repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        found = find_duplicates()
        self.stdout.write(f"{found.pairs} likely duplicates.")
        if found.large_groups:
            self.stdout.write(
                f"{found.large_groups} e-mails, phones or addresses are shared by more than {MOST_SHARING} customers: "
                "there only those with the same name were compared."
            )
