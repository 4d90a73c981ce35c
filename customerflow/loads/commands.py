"""What the commands that load files have in common: their options, their report and their exit status."""

import json
from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from customerflow.changes.commands import RecordingCommand
from customerflow.changes.models import ChangeSet
from customerflow.loads.applying import ChangedMeanwhileError
from customerflow.loads.models import OnExisting
from customerflow.loads.pipeline import load_files
from customerflow.loads.refusals import CannotRunError
from customerflow.loads.terms import CONFIRMED_CHANGES, LoadFile, Policy

EXIT_STATUS = """\
Exit status: 0 everything is loaded (or would be, in a dry run); 1 something is refused, and the report says what;
2 the command could not run: a file or an option is not there, or the database does not answer.
"""
# The confirmation that a number may pass to another person.
IDENTITY = "identity"


class LoadCommand(RecordingCommand):
    """A command that loads files: all of them, or nothing where one is refused."""

    through = ChangeSet.Through.LOAD
    epilog = EXIT_STATUS

    def create_parser(self, prog_name: str, subcommand: str, **kwargs) -> CommandParser:
        # The formatter of Django's commands keeps the line breaks of nothing, and the epilog is two paragraphs.
        return super().create_parser(prog_name, subcommand, epilog=self.epilog, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="check and report, load nothing")
        parser.add_argument(
            "--on-error",
            choices=["refuse", "skip"],
            default="refuse",
            help="a bad row: refuse everything (default), or load the rest",
        )
        parser.add_argument(
            "--on-existing",
            choices=OnExisting.values,
            default=str(OnExisting.UPDATE),
            help="an ID that is there already: update the record (default), skip the row, or refuse it",
        )
        parser.add_argument("--encoding", default="", help="the encoding of the file, if it is not UTF-8, e.g. cp1252")
        parser.add_argument(
            "--ignore", action="append", default=[], metavar="COLUMN", help="a column that is not wanted; repeatable"
        )
        parser.add_argument(
            "--confirm-identity",
            action="store_true",
            help="an ID may pass to another person: name, e-mail and phone may all differ from the record",
        )
        parser.add_argument(
            "--confirm-changes",
            type=int,
            metavar="NUMBER",
            help="so many records are to change, though that is more than half of all",
        )
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object")

    def load(self, files: Sequence[LoadFile], options: dict, *, origin: str = "", profile: str = "") -> None:
        """Load `files`, print the report, and end with the exit status that it asks for."""
        try:
            report = load_files(
                files, policy_of(options), is_dry_run=options["dry_run"], origin=origin, profile=profile
            )
        except CannotRunError as error:
            raise CommandError(str(error), returncode=2) from error
        except ChangedMeanwhileError as error:
            message = _("Others kept changing the same records. Nothing is loaded; try again.")
            raise CommandError(message, returncode=1) from error
        except DatabaseError as error:
            message = _("The database stopped the load, and nothing is loaded: %(why)s") % {"why": error}
            raise CommandError(" ".join(message.split()), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(report.lines()))
        if report.refused or not report.is_accepted:
            raise SystemExit(1)


def policy_of(options: dict) -> Policy:
    """Return the policy that the options of a command ask for."""
    confirmed = {IDENTITY} if options["confirm_identity"] else set()
    if options["confirm_changes"] is not None:
        confirmed.add(f"{CONFIRMED_CHANGES}{options['confirm_changes']}")
    return Policy(
        skip_refused=options["on_error"] == "skip",
        on_existing=OnExisting(options["on_existing"]),
        confirmed=confirmed,
    )


def refuse_same(rejects: Path | None, paths: Sequence[Path]) -> None:
    """Raise `CommandError` where the refused rows would go to a file that is loaded."""
    if rejects and rejects.resolve() in {path.resolve() for path in paths}:
        raise CommandError(_("The rejects must go to another file than the one that is loaded."), returncode=2)
