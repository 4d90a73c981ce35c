"""`manage.py find_leaks`: where money is lost without anybody noticing."""

import json
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from customerflow.changes.commands import RecordingCommand
from reports.leaks.finding import find_leaks


class Command(RecordingCommand):
    """Look for leaks, for the page of them; what is meant so is not counted."""

    help = "Look for leaks: services that are not billed, equipment that nobody pays for. It may be repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings for a program, with the keys")

    def handle(self, *args: Any, **options: Any) -> None:
        today, found = timezone.localdate(), []
        for leak, _count in find_leaks(on=today):
            keys = list(leak.found(today).order_by("pk").values_list("pk", flat=True))
            found.append({"leak": leak.name, "count": len(keys), "kind": leak.model._meta.label_lower, "keys": keys})
            if keys and not options["json"]:
                self.stdout.write(f"{leak.name}: {len(keys)}. {leak.title}: {leak.why}")
        if options["json"]:
            self.stdout.write(json.dumps({"on": str(today), "found": found}))
        else:
            self.stdout.write(f"{sum(each['count'] for each in found)} leaks.")
