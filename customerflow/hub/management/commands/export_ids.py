"""Write all customers in the form in which they are loaded."""

from django.core.management.base import BaseCommand, CommandParser

from customerflow.loads.records import rows_of
from customerflow.loads.writing import STANDARD_OUTPUT, write_file
from customers.loads import CustomerLoad


class Command(BaseCommand):
    """The way back of `import_ids`: what it writes, `import_ids` finds unchanged."""

    help = "Write all customers as CSV (ID,Name,Email,Phone), the form that import_ids loads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", default=STANDARD_OUTPUT, metavar="FILE", help="where to; - or nothing: standard output"
        )

    def handle(self, **options) -> None:
        required = [column for column in CustomerLoad.columns if column.is_required]
        write_file(options["file"], rows_of(CustomerLoad, required), self.stdout)
