"""Invoices, credit notes and statements as PDF: what stands in them, and that they are kept as issued."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from billing.credits.credit_notes import issue_credit_note
from billing.documents import rendering
from billing.documents.content import column, content_of_credit_note, content_of_invoice, letter, row
from billing.documents.files import make_document
from billing.drafts.drafting import issue_draft
from billing.invoices import Line, issue_invoice, void_invoice
from billing.lines import CreditLine
from billing.models import Document, InvoiceLine
from billing.tests.factories import ISSUED_ON, TODAY, make_credit_note, make_draft, make_invoice, make_payment
from customerflow.staff.roles import TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customerflow.storage import documents
from customers.tests.factories import make_customer, make_location, make_tax_code

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "data"


@pytest.fixture
def operator(settings) -> None:
    """Say who sends the documents."""
    settings.OPERATOR_NAME = "Example Net"
    settings.OPERATOR_ADDRESS = ["1 Fibre Way", "1010 Vienna"]
    settings.OPERATOR_TAX_NUMBER = "ATU12345678"
    settings.OPERATOR_EMAIL = "billing@example.com"
    settings.OPERATOR_PHONE = "+43 1 555 0100"
    settings.OPERATOR_BANK = ["Example Bank", "IBAN AT61 1904 3002 3457 3201"]


def text_of(pdf: bytes) -> str:
    """Return the text of all pages."""
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def invoice_of(*lines: Line, name: str = "Ann Example", **fields):
    customer = make_customer(name=name, number="A-100")
    make_location(customer=customer, address="12 Main St", city="Graz", postcode="8010")
    return issue_invoice(customer=customer, lines=lines, on=ISSUED_ON, **fields)


def fibre(amount: str = "59.99", **fields) -> Line:
    return Line(**{"description": "Fibre 500", "unit_price": Decimal(amount), **fields})


def simple(rows: list[dict]) -> dict[str, object]:
    """Return a letter with these rows."""
    columns = [column("Description", grows=True), column("Amount", number=True)]
    parts = {"facts": [], "columns": columns, "rows": rows, "sums": [], "total": ("Total", "1.00"), "closing": []}
    return {**letter(title="Invoice 1", day=ISSUED_ON, name="Ann", address=""), **parts}


def test_an_invoice_says_all_that_belongs_on_one(operator):
    make_tax_code("20", name="VAT standard", is_default=True)
    days = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31), "kind": InvoiceLine.Kind.RECURRING}
    invoice = invoice_of(fibre(**days), Line(description="Visit", unit_price=Decimal("35.00"), quantity=2))
    assert text_of(make_document(invoice).content()) == (GOLDEN / "invoice.txt").read_text().rstrip("\n")


def test_a_credit_note_says_what_is_given_back_and_why(operator):
    note = make_credit_note("10.00")
    text = text_of(make_document(note).content())
    assert f"Credit note {note.number}" in text
    assert "Reason: Goodwill" in text
    assert "Total credited 10.00 USD" in text


def test_what_settled_an_invoice_at_its_issue_is_taken_off_what_is_to_be_paid(today):
    customer = make_customer()
    make_payment("20.00", customer=customer)
    invoice = make_invoice("59.99", customer=customer, on=TODAY)
    content = content_of_invoice(invoice)
    assert ("Already settled", "-20.00") in content["sums"]
    assert content["total"] == ("Amount due", "39.99 USD")


def test_a_payment_of_a_later_day_changes_no_document():
    invoice = make_invoice("59.99", on=ISSUED_ON)
    before = content_of_invoice(invoice)
    make_payment("59.99", customer=invoice.customer, received_on=TODAY)
    assert content_of_invoice(invoice) == before


def test_an_invoice_that_credit_settled_asks_for_nothing(today):
    customer = make_customer()
    make_payment("100.00", customer=customer)
    content = content_of_invoice(make_invoice("59.99", customer=customer, on=TODAY))
    assert content["closing"] == ["There is nothing to be paid."]


def test_a_document_is_made_once_and_never_again(monkeypatch):
    invoice = make_invoice()
    first = make_document(invoice)
    monkeypatch.setattr(rendering, "fit", lambda content: pytest.fail("It was made again."))
    assert make_document(invoice) == first
    assert make_document(invoice).content() == first.content()


def test_the_customer_is_the_one_on_the_snapshot():
    invoice = invoice_of(fibre())
    invoice.customer.name = "Married Name"
    invoice.customer.save()
    assert "Ann Example" in text_of(make_document(invoice).content())


def test_the_same_content_makes_the_same_bytes():
    content = content_of_invoice(make_invoice())
    assert rendering.render(content) == rendering.render(content)


def test_there_is_one_file_of_a_kind():
    document = make_document(make_invoice())
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.create(invoice=document.invoice, file="x", size=1, sha256="0")


def test_an_invoice_of_another_system_has_no_file_here():
    with pytest.raises(ValidationError, match="Old"):
        make_document(make_invoice(origin="Old", number="7"))


def test_a_file_that_is_damaged_or_gone_is_not_given_out():
    document = make_document(make_invoice())
    path = Path(documents().path(document.file.name))
    path.write_bytes(b"%PDF")
    with pytest.raises(ValidationError, match="damaged"):
        document.content()
    path.unlink()
    with pytest.raises(ValidationError, match="missing"):
        document.content()


def test_a_file_that_was_broken_off_while_it_was_written_is_written_anew():
    invoice = make_invoice()
    document = make_document(invoice)
    content = document.content()
    Path(documents().path(document.file.name)).write_bytes(content[:100])
    document.delete()
    assert make_document(invoice).content() == content


def test_five_hundred_lines_go_over_pages_with_head_and_numbers():
    pdf = rendering.render(simple([row(f"Line {number}", "1.00") for number in range(500)]))
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    assert len(pages) > 10
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "Invoice 1" in page
    assert all("Description" in page for page in pages[:-1])
    assert all(f"Line {number}" in "\n".join(pages) for number in (0, 250, 499))


def test_a_column_in_which_nothing_stands_is_left_out():
    content = simple([row("Fibre", ""), row("Visit", "")])
    assert [each["label"] for each in rendering.without_empty_columns(content)["columns"]] == ["Description"]


def test_a_part_of_a_period_says_why_it_has_its_amount():
    inputs = {
        "kind": "part",
        "cycle_first": "2026-03-01",
        "cycle_last": "2026-03-31",
        "cycle_days": 31,
        "first_day": "2026-03-17",
        "last_day": "2026-03-31",
        "days_before": 16,
        "days_after": 31,
        "price": "5.00",
        "price_from": "",
        "unit_price": "5.00",
        "discounts": [],
        "amount": "2.42",
    }
    charged = {"unit_price": Decimal("5.00"), "amount": Decimal("2.42"), "kind": InvoiceLine.Kind.PART_PERIOD}
    line = Line(description="Static address", **charged, inputs=inputs)
    (only,) = content_of_invoice(invoice_of(line))["rows"]
    assert only["note"].startswith("15 of 31 days")


def test_a_statement_begins_with_what_was_owed_and_ends_with_what_is(clerk, operator):
    invoice = invoice_of(fibre())
    make_payment("20.00", customer=invoice.customer, received_on=TODAY)
    address = reverse("billing:statement_pdf", args=[invoice.customer_id])
    response = clerk.get(address, {"first": "2026-03-02", "last": "2026-03-31"})
    assert response["Content-Disposition"].startswith("attachment")
    text = text_of(response.content)
    assert "Statement of account" in text
    assert "2 Mar 2026 Opening balance 59.99" in text
    assert "31 Mar 2026 Payment -20.00 39.99" in text
    assert "Balance on 31 Mar 2026 39.99 USD" in text
    assert clerk.get(address, {"first": "2026-03-02", "last": "2026-03-01"}).status_code == 400


@pytest.mark.parametrize(
    "name",
    [
        "#panic(1)",
        '*bold* _emph_ $x$ `raw` @ref <label> \\ "quoted" [content]',
        "مرحبا بالعالم",
        "שלום עולם",
        "Ann 😀 Example",
        "Ann \u202eexe.fdp",
        "日本語",
        "W" * 200,
        "a\x00b\x1bc\u2028d\ud800",
        "e\u0301" * 100,
        "<b>&amp;</b>",
        "{page} of {pages}",
    ],
)
def test_any_name_is_set_as_text(name: str):
    pdf = rendering.render(simple([row(name, "1.00", note=name)]) | {"recipient": [name], "title": name})
    assert "Total 1.00" in text_of(pdf)


def test_markup_in_a_name_stays_what_it_is():
    assert "#panic(1) *no* $x$" in text_of(rendering.render(simple([row("#panic(1) *no* $x$", "1.00")])))


def test_documents_are_in_the_language_of_the_installation(settings):
    settings.LANGUAGE_CODE = "de"
    note = make_credit_note("1234.50")
    with translation.override("en"):
        content = content_of_credit_note(note)
    assert content["language"] == "de"
    assert content["total"][1] == "1.234,50 USD"


def test_no_font_of_the_machine_is_used():
    assert rendering.fonts().families() == ["DejaVu Sans", "Droid Sans Fallback", "Inter"]


def test_a_page_names_the_letters_that_are_boxes_wherever_they_were_typed(clerk):
    good, bad = (make_invoice(customer=make_customer(name=name)) for name in ("王小明", "สวัสดี Ann"))
    noted = issue_draft(draft=make_draft(note="สวัสดี"), on=TODAY)
    lines = [CreditLine(description="x", amount=Decimal(1))]
    reasoned = issue_credit_note(customer=make_customer(), lines=lines, reason="สวัสดี", on=TODAY)
    assert "No font of ours" not in clerk.get(good.get_absolute_url()).content.decode()
    for record in (bad, noted, reasoned):
        assert "No font of ours has these letters: สวัดี." in clerk.get(record.get_absolute_url()).content.decode()


def test_the_page_makes_the_pdf_and_gives_it_out(clerk):
    invoice = make_invoice()
    response = clerk.post(reverse("billing:invoice_pdf", args=[invoice.pk]), follow=True)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="invoice-{invoice.number}.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert response.content == invoice.documents.get().content()


def test_the_page_of_an_invoice_leads_to_its_file(clerk):
    document = make_document(make_invoice())
    page = clerk.get(document.invoice.get_absolute_url()).content.decode()
    assert reverse("billing:document_download", args=[document.pk]) in page


def test_the_page_of_an_invoice_of_another_system_says_that_it_has_no_file(clerk):
    page = clerk.get(make_invoice(origin="Old", number="7").get_absolute_url()).content.decode()
    assert "It comes from another system (Old)" in page
    assert "/pdf/" not in page


def test_a_void_invoice_keeps_its_document():
    invoice = make_invoice()
    document = make_document(invoice)
    void_invoice(invoice=invoice, reason="Wrong customer", on=TODAY)
    assert make_document(invoice) == document


def test_a_technician_gets_no_document(client):
    document = make_document(make_invoice())
    client.force_login(make_user(TECHNICIAN), backend="customerflow.staff.backends.GroupsBackend")
    assert client.get(reverse("billing:document_download", args=[document.pk])).status_code == 403
    assert client.post(reverse("billing:invoice_pdf", args=[document.invoice_id])).status_code == 403


def test_a_damaged_file_is_said_on_the_page(clerk):
    document = make_document(make_invoice())
    Path(documents().path(document.file.name)).write_bytes(b"?")
    response = clerk.get(reverse("billing:document_download", args=[document.pk]), follow=True)
    assert "damaged" in response.content.decode()
