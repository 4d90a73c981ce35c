"""Write all customers in the form in which they are loaded."""

import os
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from customerflow.loads.refusals import CannotRunError
from customerflow.loads.writing import export, write_whole
from customers.loads import CustomerLoad

STANDARD_OUTPUT = "-"


class Command(BaseCommand):
    """The way back of `import_ids`: what it writes, `import_ids` finds unchanged."""

    help = "Write all customers as CSV (ID,Name,Email,Phone), the form that import_ids loads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", default=STANDARD_OUTPUT, metavar="FILE", help="where to; - or nothing: standard output"
        )

    def handle(self, **options) -> None:
        try:
            if options["file"] == STANDARD_OUTPUT:
                for line in export(CustomerLoad):
                    self.stdout.write(line, ending="")
                self.stdout.flush()
            else:
                write_whole(Path(options["file"]), export(CustomerLoad))
        except BrokenPipeError as error:
            # Who reads has enough, as `head` has. What is still in memory would fail again at the interpreter's end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from error
        except CannotRunError as error:
            raise CommandError(str(error), returncode=2) from error
        except DatabaseError as error:
            raise CommandError(" ".join(str(error).split()), returncode=2) from error
