"""`manage.py load_statement`: load a file of a bank, and say what came of it."""

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from bank.loading import Loaded, gap_before, load_file
from bank.models import BankAccount
from bank.tasks import job_to_accept
from customerflow.changes.commands import RecordingCommand
from customerflow.jobs.running import run_to_end


class Command(RecordingCommand):
    """Load a statement file; what was loaded before is recognised."""

    help = (
        "Load a statement file (CAMT.053, OFX, or CSV by the profile of its account) and match its lines. Exit status: "
        "0 it is loaded, also where it was loaded before; 1 it was refused, and nothing was loaded, or, with "
        "--accept-sure, its lines could not all be tried: run it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", help="name, IBAN or number of the account; CSV does not say it")
        parser.add_argument(
            "--accept-sure", action="store_true", help="apply the lines of which it is sure whose they are"
        )
        parser.add_argument("--json", action="store_true", help="print the report for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        account = account_called(options["account"]) if options["account"] else None
        try:
            loaded = load_file(path=path, name=path.name, account=account, on=timezone.localdate())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        report = report_on(loaded) | {"accepted": 0, "refused": 0}
        for statement in loaded.statements if options["accept_sure"] else ():
            if job := job_to_accept(statement=statement.pk):
                run_to_end(job)
                if job.problem:
                    raise CommandError(
                        _("The statement is loaded. Applying its lines ended: %(why)s") % {"why": job.problem}
                    )
                report["accepted"] += job.done
                report["refused"] += job.refused
        self.stdout.write(json.dumps(report) if options["json"] else in_words(report))


def account_called(text: str) -> BankAccount:
    """Return an account by its name, IBAN or number; raises `CommandError` where there is none."""
    plain = "".join(text.split())
    for found in ({"name": text}, {"iban": plain}, {"number": plain}):
        if account := BankAccount.objects.filter(**found).first():
            return account
    names = ", ".join(BankAccount.objects.values_list("name", flat=True)[:20])
    raise CommandError(_("There is no account “%(text)s”. There are: %(names)s.") % {"text": text, "names": names})


def report_on(loaded: Loaded) -> dict[str, Any]:
    """Return what came of a file, for people and programs."""
    warnings = [text for each in loaded.statements for text in (*each.warnings, gap_before(each)) if text]
    return {
        "statements": [str(each) for each in loaded.statements],
        "is_repeat": loaded.is_repeat,
        "new": loaded.new,
        "known": loaded.known,
        "levels": loaded.levels,
        "warnings": warnings,
    }


def in_words(report: dict[str, Any]) -> str:
    """Return the report for a person."""
    if report["is_repeat"]:
        return _("This file was loaded before: no line was loaded.")
    levels = {name: report["levels"].get(name, 0) for name in ("sure", "likely", "unknown")}
    message = _("%(new)d new lines, %(known)d known before. Of those that are open: %(sure)d sure, %(likely)d likely, ")
    message = (message + _("%(unknown)d unknown.")) % (report | levels)
    if report["accepted"] or report["refused"]:
        message += " " + _("%(accepted)d were applied, %(refused)d were not sure any more.") % report
    return "\n".join([message, *report["warnings"]])
