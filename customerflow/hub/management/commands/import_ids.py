"""Load customers and ticket types from files."""

import json
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from customerflow.changes.commands import RecordingCommand
from customerflow.changes.models import ChangeSet
from customerflow.loads.comparing import OnExisting
from customerflow.loads.csv_source import CsvSource
from customerflow.loads.json_source import JsonObjectSource
from customerflow.loads.pipeline import ChangedMeanwhileError, LoadFile, Policy, load_files
from customerflow.loads.refusals import CannotRunError
from customers.loads import IDENTITY, CustomerLoad
from tickets.loads import TicketTypeLoad

FIXTURES = settings.BASE_DIR / "fixtures"
EXIT_STATUS = """\
Exit status: 0 everything is loaded (or would be, in a dry run); 1 something is refused, and the report says what;
2 the command could not run: a file or an option is not there, or the database does not answer.

Without files, fixtures/id.csv and fixtures/ticket_types.json are loaded. Both files are loaded together: when one is
refused, nothing of the other is loaded.
"""


class Command(RecordingCommand):
    """The front door for data: id.csv and ticket_types.json."""

    through = ChangeSet.Through.LOAD
    help = "Load customers from a CSV file (ID,Name,Email,Phone) and ticket types from a JSON file (id -> name)."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs) -> CommandParser:
        # The formatter of Django's commands keeps the line breaks of nothing, and the epilog is two paragraphs.
        return super().create_parser(prog_name, subcommand, epilog=EXIT_STATUS, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("csv", nargs="?", type=Path, metavar="CSV", help="the customers")
        parser.add_argument("--ticket-types", type=Path, metavar="JSON", help="the ticket types")
        parser.add_argument("--dry-run", action="store_true", help="check and report, load nothing")
        parser.add_argument(
            "--on-error",
            choices=["refuse", "skip"],
            default="refuse",
            help="a bad row: refuse everything (default), or load the rest",
        )
        parser.add_argument(
            "--on-existing",
            choices=[str(choice) for choice in OnExisting],
            default=str(OnExisting.UPDATE),
            help="an ID that is there already: update the record (default), skip the row, or refuse it",
        )
        parser.add_argument(
            "--rejects",
            type=Path,
            metavar="FILE",
            help="write the refused rows here, to be corrected and loaded again "
            "(refused ticket types: the same name, ending in .ticket_types.json)",
        )
        parser.add_argument("--encoding", default="", help="the encoding of the CSV, if it is not UTF-8, e.g. cp1252")
        parser.add_argument(
            "--ignore", action="append", default=[], metavar="COLUMN", help="a column that is not wanted; repeatable"
        )
        parser.add_argument(
            "--confirm-identity",
            action="store_true",
            help="an ID may pass to another person: name, e-mail and phone may all differ from the record",
        )
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object")

    def handle(self, **options) -> None:
        policy = Policy(
            skip_refused=options["on_error"] == "skip",
            on_existing=OnExisting(options["on_existing"]),
            confirmed={IDENTITY} if options["confirm_identity"] else frozenset(),
        )
        try:
            report = load_files(_files(options), policy, is_dry_run=options["dry_run"])
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
        if report.refused:
            raise SystemExit(1)


def _files(options: dict) -> list[LoadFile]:
    """Return the files that are named; if none is, the ones that come with the software."""
    customers, ticket_types, rejects = options["csv"], options["ticket_types"], options["rejects"]
    if not customers and not ticket_types:
        customers, ticket_types = FIXTURES / "id.csv", FIXTURES / "ticket_types.json"
    read_csv = partial(CsvSource, columns=CustomerLoad.columns, ignore=options["ignore"])
    read_json = partial(JsonObjectSource, columns=TicketTypeLoad.columns)
    if rejects and rejects.resolve() in {path.resolve() for path in (customers, ticket_types) if path}:
        raise CommandError(_("The rejects must go to another file than the one that is loaded."), returncode=2)
    files = []
    if customers:
        files.append(LoadFile(customers, CustomerLoad, read_csv, options["encoding"], rejects))
    if ticket_types:
        beside = rejects and rejects.with_name(f"{rejects.stem}.ticket_types.json")
        files.append(LoadFile(ticket_types, TicketTypeLoad, read_json, rejects=beside))
    return files
