"""`manage.py check_books`: whether all that must hold on the books does."""

import json
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.books.check import CHECKS
from billing.books.work import check_now, count_of
from customerflow.changes.commands import RecordingCommand
from customerflow.jobs.models import Job


class Command(RecordingCommand):
    """Ask the database for everything that breaks a rule of the books. Nothing is changed."""

    help = (
        "Check the books: every rule that must hold on them is asked of the database. Nothing is changed. "
        "Exit status: 0 all rules hold; 1 something was found, and the report says what to do; 2 it could not run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            job = check_now(on=timezone.localdate())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(as_json(job)))
        else:
            self._report(job)
        if found := count_of(job):
            raise CommandError(_("%(number)d findings.") % {"number": found}, returncode=1)

    def _report(self, job: Job) -> None:
        for found in as_json(job)["found"]:
            self.stdout.write(f"{found['check']}: {found['count']}. {found['rule']}")
            self.stdout.write(f"  {found['remedy']}")
            for record in found["records"]:
                self.stdout.write(f"  {record['kind']} {record['id'] or ''}: {record['says']}")
        self.stdout.write(_("%(number)d checks were made.") % {"number": job.result["checks"]})


def as_json(job: Job) -> dict[str, object]:
    """Return what a finished check found, with its words."""
    return {
        "on": date.fromisoformat(job.payload["on"]).isoformat(),
        "checks": job.result["checks"],
        "findings": count_of(job),
        "found": [_found(each) for each in job.result["found"]],
    }


def _found(found: dict[str, Any]) -> dict[str, object]:
    check = CHECKS[found["check"]]
    records = [
        {"kind": check.kind, "id": key, "says": check.says(first, second)} for key, first, second in found["records"]
    ]
    return {
        "check": check.name,
        "rule": str(check.rule),
        "remedy": str(check.remedy),
        "count": found["count"],
        "records": records,
    }
