"""`manage.py shadow_billing`: compare a month of another system with what would be billed here."""

import json
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from customerflow.money import format_money
from shadow.forms import ShadowRunForm
from shadow.models import ShadowRun
from shadow.running import figures_of, open_shadow, work_on


class Command(BaseCommand):
    """Compare. It may be stopped anywhere, and run again."""

    help = (
        "Bill a month here without issuing anything, and compare it with the invoices that were loaded from another "
        "system. Exit status: 0 nothing is in the way of going live; 1 something differs and is not accepted; 2 it "
        "could not run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("origin", help="the other system, as its invoices were loaded with --origin")
        parser.add_argument("first", type=date.fromisoformat, help="the first day on which compared cycles begin")
        parser.add_argument("last", nargs="?", type=date.fromisoformat, help="the last one (a month later)")
        parser.add_argument("--json", action="store_true", help="print the report for a program")

    def handle(self, *args: Any, origin: str, first: date, last: date | None, **options: Any) -> None:
        try:
            run = open_shadow(run=self._run(origin, first, last))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        for now in work_on(run):
            run = now
        self._report(run, as_json=options["json"])

    def _run(self, origin: str, first: date, last: date | None) -> ShadowRun:
        """Return the comparison of these days, new or made before. Raises `ValidationError`."""
        if run := ShadowRun.objects.filter(
            origin=origin, first_day=first, **({"last_day": last} if last else {})
        ).first():
            return run
        form = ShadowRunForm({"origin": origin, "first_day": first, "last_day": last or ""})
        if not form.is_valid():
            raise ValidationError([f"{name}: {text}" for name, texts in form.errors.items() for text in texts])
        return form.instance

    def _report(self, run: ShadowRun, *, as_json: bool) -> None:
        figures = figures_of(run)
        if as_json:
            rows = {
                kind.value: {"customers": number, "there": str(there), "here": str(here)}
                for kind, number, there, here in figures["by_outcome"]
            }
            self.stdout.write(json.dumps({**figures, "by_outcome": rows}))
        else:
            for kind, number, there, here in figures["by_outcome"]:
                amounts = {"there": format_money(there), "here": format_money(here), "outcome": kind.label}
                self.stdout.write(
                    _("%(outcome)s: %(number)d; there %(there)s, here %(here)s.") % {"number": number, **amounts}
                )
        if figures["in_the_way"]:
            raise CommandError(
                _("%(number)d to be put right or accepted.") % {"number": figures["in_the_way"]}, returncode=1
            )
