"""Invoices for print: all of some days in one file, made in the background."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4
from zipfile import ZIP_STORED, ZipFile

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pypdf import PdfWriter

from billing.documents.content import day_text, with_content
from billing.documents.files import make_document
from billing.models import Invoice
from customerflow.changes.recording import recorded
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from customerflow.jobs.turns import Turn
from customerflow.jobs.work import Work, register
from customerflow.storage import documents
from customers.models import Contact

KIND = "print_invoices"
# So many invoices are read at once.
BATCH = 100
# So many make one PDF: putting PDFs together takes memory by their number. More of them come in a ZIP archive.
IN_ONE_FILE = 500
# What the files of each kind of work are called.
FILE_NAMES = {KIND: "invoices"}
# So many of these files are kept of one kind of work; what they are made of is kept for ever.
FILES_KEPT = 20


def to_print(first_day: date, last_day: date, *, without_email: bool) -> models.QuerySet:
    """
    Return our invoices that were issued from `first_day` to `last_day` and stand, in the order of their issue.

    With `without_email` only those of customers who have no address to send them to.
    """
    found = Invoice.objects.filter(origin="", status=Invoice.Status.ISSUED, issued_on__range=(first_day, last_day))
    if without_email:
        contacts = Contact.objects.filter(customer=OuterRef("customer"), role=Contact.Role.BILLING)
        found = found.filter(~Exists(contacts.exclude(email="")), customer__email="")
    return found.order_by("issued_on", "pk")


@recorded(gettext_lazy("Invoices for print"))
def print_invoices(
    *, first_day: date, last_day: date, without_email: bool = False, by: AbstractBaseUser | None = None
) -> Job:
    """Let a worker make the file of `to_print`; raises `ValidationError`, keyed by field, where there is nothing."""
    if last_day < first_day:
        raise ValidationError({"last_day": _("The last day is before the first.")})
    total = to_print(first_day, last_day, without_email=without_email).count()
    if not total:
        raise ValidationError({"first_day": _("No invoice of these days is to be printed.")})
    payload = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat(), "without_email": without_email}
    title = _("Invoices for print, %(first)s to %(last)s") % {"first": day_text(first_day), "last": day_text(last_day)}
    job = Job.objects.open(KIND, title=title, by=by, total=total, payload=payload)
    enqueue(job)
    return job


@register
class PrintInvoices(Work):
    """
    Making one file of many invoices.

    On its way it makes the PDFs that are missing, each by itself: they are the same, whoever makes them.
    """

    kind = KIND
    label = gettext_lazy("Invoices for print")
    template = "billing/print_job.html"
    is_whole = True

    def perform(self, job: Job, turn: Turn) -> None:
        days = {name: date.fromisoformat(job.payload[name]) for name in ("first_day", "last_day")}
        invoices = to_print(**days, without_email=job.payload["without_email"])
        job.done = 0
        with tempfile.TemporaryDirectory(prefix="print-") as folder:
            parts = []
            for number, portion in enumerate(_portions(invoices, IN_ONE_FILE), 1):
                parts.append(Path(folder) / f"{FILE_NAMES[KIND]}-{number:03d}.pdf")
                _join(portion, parts[-1], job, turn)
            keep_file(parts, job, turn)


def _portions(invoices: models.QuerySet, size: int) -> Iterator[Iterator[Invoice]]:
    """Yield `invoices` in portions of `size`, each read as it is needed and to be read to its end."""
    after = Q()
    while keys := list(invoices.filter(after).values_list("pk", "issued_on")[:size]):
        yield _read([pk for pk, _day in keys])
        last, day = keys[-1]
        after = Q(issued_on__gt=day) | Q(issued_on=day, pk__gt=last)


def _read(keys: list[int]) -> Iterator[Invoice]:
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        found = with_content(Invoice.objects.filter(pk__in=some)).in_bulk()
        yield from (found[pk] for pk in some)


def _join(invoices: Iterator[Invoice], path: Path, job: Job, turn: Turn) -> None:
    """Write the PDFs of `invoices` into one, and tell how far it is."""
    with PdfWriter() as writer:
        for invoice in invoices:
            document = make_document(invoice)
            with documents().open(document.file.name) as file:
                writer.append(file, import_outline=False)
            job.done += 1
            turn.advance(job.done)
        writer.write(path)


def keep_file(parts: list[Path], job: Job, turn: Turn, also: Callable[[], None] = lambda: None) -> None:
    """Store the one file of a job, or an archive of all, and end the job; `also` is done in the same transaction."""
    stored = _store(parts)
    try:
        with transaction.atomic():
            also()
            job.total, job.result = job.done, {"file": stored, "size": documents().size(stored)}
            turn.end(job)
    except BaseException:
        documents().delete(stored)
        raise
    _forget_old_files(job.kind)


def _store(parts: list[Path]) -> str:
    """Store the one file, or an archive of all, under a name that nobody can guess."""
    path = parts[0]
    if len(parts) > 1:
        path = path.with_suffix(".zip")
        with ZipFile(path, "w", ZIP_STORED) as archive:
            for part in parts:
                archive.write(part, part.name)
    with path.open("rb") as file:
        return documents().save(f"print/{uuid4().hex}{path.suffix}", File(file))


def _forget_old_files(kind: str) -> None:
    """Remove the files of all but the newest jobs of a kind."""
    old = Job.objects.filter(kind=kind, state=Job.State.FINISHED, result__has_key="file").order_by("-pk")[FILES_KEPT:]
    for job in list(old):
        documents().delete(job.result["file"])
        Job.objects.filter(pk=job.pk).update(result={})
