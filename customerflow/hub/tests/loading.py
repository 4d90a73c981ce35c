"""Running the two commands in tests."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

from django.core.management import CommandError, call_command

from customerflow.loads.models import Load
from customers.models import Customer
from tickets.models import TicketType

HEADER = "ID,Name,Email,Phone\n"
DATA = Path(__file__).parent / "data"


@dataclass
class Outcome:
    """What a command said, and its exit status."""

    status: int
    report: dict
    text: str = ""
    error: str = ""

    @property
    def reasons(self) -> list[str]:
        """Everything that is refused, in the words of the report for people."""
        return [f"{item['line']} {item['column']} {item['value']} {item['reason']}" for item in self.report["refusals"]]


def import_ids(*arguments: object, as_json: bool = True) -> Outcome:
    """Run import_ids, and a second time as a report for people when `as_json` is off."""
    out = io.StringIO()
    options = ["--json"] if as_json else []
    status, error = 0, ""
    try:
        call_command("import_ids", *map(str, arguments), *options, stdout=out)
    except SystemExit as stop:
        status = stop.code
    except CommandError as stop:
        status, error = stop.returncode, str(stop)
    text = out.getvalue()
    return Outcome(status, json.loads(text) if as_json and text else {}, text, error)


def export_ids(path: Path) -> str:
    """Run export_ids into a file and return what stands in it."""
    call_command("export_ids", str(path))
    return path.read_bytes().decode()


def stored() -> list:
    """Return everything that a load may write, to be compared before and after."""
    return [list(model.objects.order_by("pk").values()) for model in (Customer, TicketType, Load)]
