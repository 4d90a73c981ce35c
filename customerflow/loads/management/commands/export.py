"""Write all records of a kind in the form in which they are loaded."""

from django.core.management.base import BaseCommand, CommandParser

from customerflow.loads.declaration import KINDS
from customerflow.loads.records import rows_of
from customerflow.loads.writing import STANDARD_OUTPUT, write_file


class Command(BaseCommand):
    """The way back of `load`: what it writes, `load` finds unchanged."""

    help = "Write all records of a kind, in the form that load reads: CSV, XLSX or JSON, by the ending of the name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=sorted(KINDS), metavar="KIND", help=", ".join(sorted(KINDS)))
        parser.add_argument(
            "file", nargs="?", default=STANDARD_OUTPUT, metavar="FILE", help="where to; - or nothing: standard output"
        )

    def handle(self, **options) -> None:
        write_file(options["file"], rows_of(KINDS[options["kind"]]), self.stdout)
