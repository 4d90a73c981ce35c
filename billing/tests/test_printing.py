"""Many invoices at once: in one file for print, or each by e-mail."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from pypdf import PdfReader

from billing.bulk_acts import EmailInvoices
from billing.documents import printing
from billing.documents.printing import PrintInvoices, print_invoices, to_print
from billing.invoices import void_invoice
from billing.models import Email, Invoice
from billing.tests.factories import ISSUED_ON, TODAY, make_email, make_invoice
from customerflow.jobs.models import Job
from customerflow.jobs.running import run_turn
from customerflow.jobs.work import WORKS
from customerflow.staff.roles import BILLING, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customerflow.storage import documents
from customers.tests.factories import make_contact, make_customer

pytestmark = pytest.mark.django_db
DAYS = {"first_day": ISSUED_ON, "last_day": TODAY}


def done(job: Job) -> Job:
    """Do a job as a worker does, and return it as it is then."""
    run_turn(job.pk, job.turn, seconds=60)
    job.refresh_from_db()
    return job


def file_of(job: Job) -> bytes:
    with documents().open(job.result["file"]) as file:
        return file.read()


def test_all_invoices_of_some_days_make_one_pdf_in_the_order_of_their_issue(monkeypatch):
    monkeypatch.setattr(printing, "BATCH", 2)
    invoices = [make_invoice(on=ISSUED_ON + timedelta(days=day)) for day in (3, 1, 2)]
    make_invoice(on=TODAY + timedelta(days=1))
    job = done(print_invoices(**DAYS))
    assert (job.state, job.done, job.total, job.problem) == (Job.State.FINISHED, 3, 3, "")
    pages = [page.extract_text() for page in PdfReader(BytesIO(file_of(job))).pages]
    expected = [invoices[number].number for number in (1, 2, 0)]
    assert [number for page, number in zip(pages, expected, strict=True) if number in page] == expected
    assert all(invoice.documents.count() == 1 for invoice in invoices)


def test_very_many_make_an_archive_of_several(monkeypatch):
    monkeypatch.setattr(printing, "IN_ONE_FILE", 2)
    for _number in range(5):
        make_invoice()
    with ZipFile(BytesIO(file_of(done(print_invoices(**DAYS))))) as archive:
        names = archive.namelist()
        pages = [len(PdfReader(BytesIO(archive.read(name))).pages) for name in names]
    assert names == ["invoices-001.pdf", "invoices-002.pdf", "invoices-003.pdf"]
    assert pages == [2, 2, 1]


def test_only_the_newest_files_are_kept(monkeypatch):
    monkeypatch.setattr(printing, "FILES_KEPT", 1)
    make_invoice()
    old, new = done(print_invoices(**DAYS)), done(print_invoices(**DAYS))
    stored = old.result["file"]
    old.refresh_from_db()
    assert (old.result, documents().exists(stored), documents().exists(new.result["file"])) == ({}, False, True)


def test_what_has_no_file_stops_the_job_instead_of_being_left_out(monkeypatch):
    invoice = make_invoice(origin="", on=ISSUED_ON)
    monkeypatch.setattr(printing, "to_print", lambda *_days, **_choice: Invoice.objects.order_by("issued_on", "pk"))
    make_invoice(origin="Old", number="7")
    job = done(print_invoices(**DAYS))
    assert (job.state, job.result) == (Job.State.FAILED, {})
    assert "another system" in job.problem
    assert invoice.documents.count() == 1


def test_void_invoices_drafts_and_those_of_other_systems_are_not_printed():
    kept = make_invoice()
    void_invoice(invoice=make_invoice(), reason="Wrong", on=TODAY)
    make_invoice(origin="Old", number="7")
    assert list(to_print(ISSUED_ON, TODAY, without_email=False)) == [kept]


def test_who_can_be_reached_by_e_mail_may_be_left_out():
    by_post = make_invoice(customer=make_customer(email=""))
    make_invoice(customer=make_customer(email="ann@example.com"))
    make_invoice(customer=make_contact(role="billing", email="books@example.com").customer)
    assert list(to_print(ISSUED_ON, TODAY, without_email=True)) == [by_post]


def test_where_there_is_nothing_to_print_nothing_is_begun():
    with pytest.raises(ValidationError, match="No invoice"):
        print_invoices(**DAYS)
    with pytest.raises(ValidationError, match="before the first"):
        print_invoices(first_day=TODAY, last_day=ISSUED_ON)
    assert not Job.objects.exists()


def test_the_file_is_asked_for_and_fetched_on_pages(client):
    client.force_login(make_user(BILLING), backend="customerflow.staff.backends.GroupsBackend")
    make_invoice()
    client.post(reverse("billing:invoice_print"), {name: day.isoformat() for name, day in DAYS.items()})
    job = done(Job.objects.get())
    assert reverse("billing:print_download", args=[job.pk]) in client.get(job.get_absolute_url()).content.decode()
    response = client.get(reverse("billing:print_download", args=[job.pk]))
    assert response["Content-Disposition"] == f'attachment; filename="invoices-{job.pk}.pdf"'
    assert b"".join(response.streaming_content) == file_of(job)
    client.force_login(make_user(TECHNICIAN), backend="customerflow.staff.backends.GroupsBackend")
    assert client.get(reverse("billing:print_download", args=[job.pk])).status_code == 403


def test_the_work_is_known_to_the_workers():
    assert isinstance(WORKS[printing.KIND], PrintInvoices)


def test_invoices_are_sent_in_bulk_but_not_what_was_sent_before():
    sent = make_email().invoice
    fresh = make_invoice(customer=make_customer(email="ann@example.com"))
    unreachable = make_invoice(customer=make_customer(email=""))
    act = EmailInvoices(Invoice, by=make_user(BILLING), at=Email.objects.get().made_at)
    results = {}
    for invoice in act.records({}):
        try:
            results[invoice.pk] = act.act(invoice)
        except ValidationError as error:
            results[invoice.pk] = error.messages[0]
    assert results == {sent.pk: None, fresh.pk: "Waiting", unreachable.pk: "The customer has no e-mail address."}
    assert Email.objects.get(invoice=fresh).to == "ann@example.com"
