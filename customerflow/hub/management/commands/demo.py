"""Make a small internet service provider to try things on."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.changes.commands import RecordingCommand
from customerflow.hub.demo.build import build_demo


class Command(RecordingCommand):
    """Makes the demo once; what is there already stays as it is."""

    help = "Make a demo provider: customers, services, a year of invoices and payments, tickets. Once only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=300, metavar="N", help="how many customers (default: 300)")
        parser.add_argument(
            "--on", type=date.fromisoformat, metavar="DAY", help="the day on which the books stand (default: today)"
        )

    def handle(self, **options) -> None:
        if options["customers"] < 1:
            raise CommandError(_("A provider has one customer at least."), returncode=2)
        try:
            is_made = build_demo(customers=options["customers"], on=options["on"] or timezone.localdate())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(_("The demo is made.") if is_made else _("The demo is there already; nothing was changed."))
