"""`manage.py journal`: the journal of some days, as sums by account or as a file for the accountant."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.journal.chart import Chart
from billing.journal.postings import Postings
from billing.journal.tables import PostingTable
from billing.journal.views import by_account
from customerflow.loads.writing import write_file


class Command(BaseCommand):
    """Print what was posted on each account in some days, or write all postings to a file."""

    help = "Print what was posted on each account from one day to another, or write the postings as CSV or XLSX."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("first", metavar="FIRST", help="the first day, such as 2026-11-01")
        parser.add_argument("last", metavar="LAST", help="the last day, included")
        parser.add_argument("--csv", metavar="FILE", help="write the postings to this file; “-” is standard output")
        parser.add_argument("--xlsx", metavar="FILE", help="write them as a workbook; the name ends in .xlsx")

    def handle(self, *args: Any, first: str, last: str, **options: Any) -> None:
        try:
            days = date.fromisoformat(first), date.fromisoformat(last)
        except ValueError as error:
            raise CommandError("Write both days such as 2026-11-20.", returncode=2) from error
        if days[0] > days[1]:
            raise CommandError("The last day is before the first.", returncode=2)
        files = [name for name in (options["csv"], options["xlsx"]) if name]
        for name in files:
            write_file(name, PostingTable.export(Postings(*days).iterator()), self.stdout)
        if not files:
            for each in by_account(Postings(*days).sums(), Chart()):
                self.stdout.write(f"{each.account.number}\t{each.account.name}\t{each.debit}\t{each.credit}")
