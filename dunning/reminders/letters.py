"""Reminders as letters: what stands in one, and all that wait in one file for print."""

import tempfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pypdf import PdfWriter

from billing.documents.content import amount_text, column, day_text, letter, row
from billing.documents.printing import BATCH, FILE_NAMES, IN_ONE_FILE, keep_file
from billing.documents.rendering import render
from billing.overdue import days_late
from customerflow.changes.recording import recorded
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from customerflow.jobs.turns import Turn
from customerflow.jobs.work import Work, register
from customerflow.keys import among
from customerflow.money import format_money
from customers.models import Customer
from dunning.models import Notice, Template
from dunning.reminders.due import portions
from dunning.reminders.texts import About, OpenInvoice, Said, Wordings, say
from dunning.reminders.words import word

KIND = "print_reminders"
FILE_NAMES[KIND] = "reminders"


def content_of(notice: Notice) -> dict[str, object]:
    """Return what stands in the letter of `notice`, read `with_content`: as it was made."""
    said = Said(notice.language, notice.subject, "", notice.opening, notice.closing)
    return content_about(
        _about(notice), said, customer_name=notice.customer_name, customer_address=notice.customer_address
    )


def content_about(about: About, said: Said, *, customer_name: str, customer_address: str) -> dict[str, object]:
    """Return what stands in the letter that says `said` about some invoices."""
    with translation.override(said.language):
        return {
            **letter(title=said.subject, day=about.day, name=customer_name, address=customer_address),
            "language": said.language.partition("-")[0],
            "page": word("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
            "opening": said.opening,
            "facts": [(word("Customer number"), about.customer.number), (word("Date"), day_text(about.day))],
            "columns": _columns(),
            "rows": [_row(invoice, about.day) for invoice in about.invoices],
            "sums": [],
            "total": (word("Amount due"), amount_text(about.total)),
            "closing": list(filter(None, said.closing.split("\n\n"))),
        }


def with_content(notices: models.QuerySet[Notice]) -> models.QuerySet[Notice]:
    """Return `notices` with all that their letters are read from."""
    return notices.select_related("customer", "email", "rule__template").prefetch_related("executions__invoice")


def _columns() -> list[dict[str, object]]:
    return [
        column(word("Invoice"), grows=True),
        column(word("Issued on")),
        column(word("Due on")),
        column(word("Days late"), number=True),
        column(word("Open (%(currency)s)") % {"currency": settings.CURRENCY}, number=True),
    ]


def _row(invoice: OpenInvoice, day: date) -> dict[str, object]:
    late = str(days_late(invoice.due_on, day) or "")
    days = day_text(invoice.issued_on), day_text(invoice.due_on), late
    return row(invoice.number, *days, format_money(invoice.open_amount))


@recorded(gettext_lazy("Reminders for print"))
def print_reminders(*, by: AbstractUser | None = None) -> Job:
    """
    Let a worker make one file of all letters that wait, and note them as printed.

    Raises `ValidationError` where none waits, and while the letters are being printed already.
    """
    waiting = Notice.objects.to_print()
    last = waiting.order_by("-pk").values_list("pk", flat=True).first()
    if last is None:
        raise ValidationError(_("No letter waits to be printed."))
    if Job.objects.filter(kind=KIND, state__in=Job.ACTIVE).exists():
        raise ValidationError(_("The letters are being printed already: see the list of jobs."))
    total = waiting.filter(pk__lte=last).count()
    job = Job.objects.open(KIND, title=_("Reminders for print"), by=by, total=total, payload={"last": last})
    enqueue(job)
    return job


@recorded(gettext_lazy("Reminder to be printed"))
def print_instead(*, notice: Notice) -> Notice:
    """
    Let a reminder go as a letter, whose e-mail failed; or print a letter once more.

    Raises `ValidationError` where its e-mail may still arrive, and where the customer has no postal address.
    """
    Customer.objects.select_for_update(no_key=True).get(pk=notice.customer_id)
    notice = with_content(Notice.objects.all()).get(pk=notice.pk)
    if not notice.customer_address:
        raise ValidationError(_("There is no postal address."))
    if not notice.may_be_printed:
        raise ValidationError(_("Its e-mail has gone out, or will, or its letter waits already."))
    if not notice.is_letter:
        said = say(Wordings(Template.objects.all()).of(notice.rule.template, notice.customer), _about(notice))
        notice.opening, notice.closing, notice.note = said.opening, said.closing, _("The e-mail failed.")
    notice.is_letter, notice.printed_at = True, None
    notice.save(update_fields=["is_letter", "printed_at", "opening", "closing", "note"])
    return notice


def _about(notice: Notice) -> About:
    """Return what a reminder was about, as it was then."""
    invoices = [
        OpenInvoice(
            each.invoice_id,
            notice.customer_id,
            each.invoice.number,
            each.invoice.issued_on,
            each.invoice.due_on,
            each.open_amount,
        )
        for each in sorted(notice.executions.all(), key=lambda each: (each.invoice.due_on, each.invoice_id))
    ]
    return About(notice.customer, invoices, notice.day)


@register
class PrintReminders(Work):
    """Making one file of the letters that wait; they are printed once the file is there."""

    kind = KIND
    label = gettext_lazy("Reminders for print")
    template = "billing/print_job.html"
    is_whole = True

    def perform(self, job: Job, turn: Turn) -> None:
        waiting = Notice.objects.to_print().filter(pk__lte=job.payload["last"])
        keys = list(waiting.order_by("pk").values_list("pk", flat=True))
        job.done = 0
        with tempfile.TemporaryDirectory(prefix="print-") as folder:
            parts = []
            for number, portion in enumerate(portions(keys, IN_ONE_FILE), 1):
                parts.append(Path(folder) / f"{FILE_NAMES[KIND]}-{number:03d}.pdf")
                _join(_read(portion), parts[-1], job, turn)
            if not parts:
                raise ValidationError(_("No letter waits to be printed."))
            keep_file(parts, job, turn, also=lambda: _note_printed(keys))


def _note_printed(keys: list[int]) -> None:
    """Note the letters as printed; raise `ValidationError` where another has printed some of them meanwhile."""
    noted = Notice.objects.to_print().filter(pk__in=among(keys)).update(printed_at=timezone.now())
    if noted != len(keys):
        raise ValidationError(_("Some of these letters were printed meanwhile, or withdrawn. Print again."))


def _read(keys: list[int]) -> Iterator[Notice]:
    for some in portions(keys, BATCH):
        found = with_content(Notice.objects.filter(pk__in=some)).in_bulk()
        yield from (found[pk] for pk in some)


def _join(notices: Iterator[Notice], path: Path, job: Job, turn: Turn) -> None:
    with PdfWriter() as writer:
        for notice in notices:
            writer.append(BytesIO(render(content_of(notice))), import_outline=False)
            job.done += 1
            turn.advance(job.done)
        writer.write(path)
