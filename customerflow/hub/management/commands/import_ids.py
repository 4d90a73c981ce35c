"""Load customers and ticket types from files."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandParser

from customerflow.loads.commands import EXIT_STATUS, LoadCommand, refuse_same
from customerflow.loads.mapping import Mapping
from customerflow.loads.sources import Shape
from customerflow.loads.terms import LoadFile
from customers.loads import CustomerLoad
from tickets.loads import TicketTypeLoad

FIXTURES = settings.BASE_DIR / "fixtures"


class Command(LoadCommand):
    """The front door for data: id.csv and ticket_types.json."""

    help = "Load customers from a CSV file (ID,Name,Email,Phone) and ticket types from a JSON file (id -> name)."
    epilog = f"""{EXIT_STATUS}
Without files, fixtures/id.csv and fixtures/ticket_types.json are loaded. Both files are loaded together: when one is
refused, nothing of the other is loaded.
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("csv", nargs="?", type=Path, metavar="CSV", help="the customers")
        parser.add_argument("--ticket-types", type=Path, metavar="JSON", help="the ticket types")
        super().add_arguments(parser)
        parser.add_argument(
            "--rejects",
            type=Path,
            metavar="FILE",
            help="write the refused rows here, to be corrected and loaded again "
            "(refused ticket types: the same name, ending in .ticket_types.json)",
        )

    def handle(self, **options) -> None:
        self.load(files_of(options), options)


def files_of(options: dict) -> list[LoadFile]:
    """Return the files that are named; if none is, the ones that come with the software."""
    customers, ticket_types, rejects = options["csv"], options["ticket_types"], options["rejects"]
    if not customers and not ticket_types:
        customers, ticket_types = FIXTURES / "id.csv", FIXTURES / "ticket_types.json"
    refuse_same(rejects, [path for path in (customers, ticket_types) if path])
    files = []
    if customers:
        shape = Shape(format="csv", encoding=options["encoding"])
        mapping = Mapping(ignore=tuple(options["ignore"]))
        files.append(LoadFile(customers, CustomerLoad, shape, mapping, rejects))
    if ticket_types:
        beside = rejects and rejects.with_name(f"{rejects.stem}.ticket_types.json")
        files.append(LoadFile(ticket_types, TicketTypeLoad, Shape(format="json"), rejects=beside))
    return files
