"""`manage.py suspended_services`: what is off for non-payment now, for the network to compare with."""

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from suspensions.events import services_off

COLUMNS = ("service", "customer", "login", "ip_address", "port", "on")


class Command(BaseCommand):
    """Print every service that is off for non-payment today: the state, whatever became of the messages about it."""

    help = "Print every service that is off for non-payment today, a line each. Nothing is changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON object for each, with all that is known")
        parser.add_argument("--on", metavar="DAY", type=date.fromisoformat, help="another day, such as 2026-11-20")

    def handle(self, *args: Any, on: date | None = None, **options: Any) -> None:
        for facts in services_off(on or timezone.localdate()):
            if options["json"]:
                self.stdout.write(json.dumps(facts, cls=DjangoJSONEncoder))
            else:
                self.stdout.write("\t".join(str(facts[name] or "-") for name in COLUMNS))
