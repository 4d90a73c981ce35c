"""E-invoices: EN 16931 inside of the PDF."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from facturx import get_xml_from_pdf, xml_check_xsd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from billing.documents import e_invoice
from billing.documents.files import make_document
from billing.drafts.drafting import issue_draft
from billing.invoices import Line, issue_invoice
from billing.models import CreditNote, Document, Invoice, InvoiceLine
from billing.tests.factories import ISSUED_ON, TODAY, make_credit_note, make_draft, make_invoice, make_payment
from customers.models import TaxCode
from customers.tests.factories import make_customer, make_tax_code

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent / "data" / "billing_cases.json"
NAMES = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}


@pytest.fixture(autouse=True)
def operator(settings) -> None:
    """Say who sends the invoices."""
    settings.OPERATOR_NAME = "Example Net"
    settings.OPERATOR_COUNTRY = "AT"
    settings.OPERATOR_ADDRESS = ["1 Fibre Way", "1010 Vienna"]
    settings.OPERATOR_TAX_NUMBER = "ATU12345678"
    settings.OPERATOR_EMAIL = "billing@example.com"
    settings.OPERATOR_BANK = ["Example Bank", "IBAN AT61 1904 3002 3457 3201 BIC EXAMATWW"]
    settings.CURRENCY = "EUR"


def said(xml: bytes, name: str) -> list[str]:
    """Return the texts of all elements with this name."""
    return [element.text for element in etree.fromstring(xml).iterfind(f".//ram:{name}", NAMES)]


def check(record: Invoice | CreditNote) -> bytes:
    """Return the XML of `record`, which the schema of factur-x has accepted too."""
    xml = e_invoice.xml_of(record)
    assert xml_check_xsd(xml, flavor="factur-x", level="en16931")
    return xml


def test_the_official_example_9_has_its_totals():
    (case,) = (case for case in json.loads(CASES.read_text())["cases"] if case["id"] == "bc-042")
    (given_line,), (tax,) = case["inputs"]["lines"], case["expected"]["tax_subtotals"]
    code = make_tax_code(given_line["vat_percent"])
    line = Line(
        description="Example",
        quantity=int(given_line["qty"]),
        unit_price=Decimal(given_line["price"]),
        tax_code=code,
    )
    xml = check(issue_invoice(customer=make_customer(), lines=[line], on=ISSUED_ON))
    totals = case["expected"]["totals"]
    assert said(xml, "LineTotalAmount")[-1] == totals["LineExtensionAmount"]
    assert said(xml, "TaxBasisTotalAmount") == [totals["TaxExclusiveAmount"]]
    assert said(xml, "GrandTotalAmount") == [totals["TaxInclusiveAmount"]]
    assert said(xml, "DuePayableAmount") == [totals["PayableAmount"]]
    assert said(xml, "BasisAmount") == [tax["taxable"]]
    assert said(xml, "CalculatedAmount") == [tax["tax"]]
    assert said(xml, "CategoryCode")[-1] == tax["category"]


texts = st.text(min_size=1, max_size=60).map(str.strip).filter(bool)
lines = st.builds(
    dict,
    description=texts,
    quantity=st.integers(1, 50),
    unit_price=st.decimals("0", "999.99", places=2),
    is_part=st.booleans(),
    taxed=st.sampled_from(["20", "10", "0", None]),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lines, min_size=1, max_size=5), texts, st.booleans())
def test_the_schema_accepts_random_invoices(wanted: list[dict], name: str, is_exempt: bool):
    codes = {"20": make_tax_code("20"), "10": make_tax_code("10"), "0": make_tax_code("0"), None: None}
    customer = make_customer(name=name.replace("\0", "?")[:200], is_tax_exempt=is_exempt)
    TaxCode.objects.update(is_default=False)
    invoice = issue_invoice(customer=customer, lines=[line_of(**each, codes=codes) for each in wanted], on=ISSUED_ON)
    xml = check(invoice)
    assert Decimal(said(xml, "GrandTotalAmount")[0]) == invoice.total
    nets = [Decimal(amount) for amount in said(xml, "LineTotalAmount")]
    assert sum(nets[:-1]) == nets[-1]
    assert sum(map(Decimal, said(xml, "BasisAmount"))) == nets[-1]
    quantities, prices = said(xml, "BilledQuantity"), said(xml, "ChargeAmount")
    assert [Decimal(q) * Decimal(p) for q, p in zip(quantities, prices, strict=True)] == nets[:-1]


def line_of(*, description: str, quantity: int, unit_price: Decimal, is_part: bool, taxed: str, codes: dict) -> Line:
    """Return a line; a part of a period is charged at less than its price."""
    what = {"description": description.replace("\0", "?"), "unit_price": unit_price, "tax_code": codes[taxed]}
    if not is_part:
        return Line(**what, quantity=quantity)
    amount = (unit_price / 3).quantize(Decimal("0.01"))
    days = {"first_day": ISSUED_ON, "last_day": ISSUED_ON + timedelta(days=9)}
    return Line(**what, amount=amount, kind=InvoiceLine.Kind.ADJUSTMENT, **days)


def test_the_pdf_carries_the_xml():
    invoice = make_invoice("100.00")
    document = make_document(invoice, Document.Kind.E_INVOICE)
    name, xml = get_xml_from_pdf(document.content())
    assert name == "factur-x.xml"
    assert said(xml, "DuePayableAmount") == ["100.00"]
    assert said(xml, "IBANID") == ["AT611904300234573201"]


def test_what_was_settled_at_issue_is_prepaid(today):
    customer = make_customer()
    make_payment("20.00", customer=customer)
    xml = check(make_invoice("59.99", customer=customer, on=TODAY))
    assert said(xml, "TotalPrepaidAmount") == ["20.00"]
    assert said(xml, "DuePayableAmount") == ["39.99"]


def test_a_note_stands_on_the_invoice():
    xml = check(issue_draft(draft=make_draft(note="As agreed & signed"), on=TODAY))
    assert said(xml, "Content") == ["As agreed & signed"]


def test_a_credit_note_is_one_by_its_type():
    note = make_credit_note("10.00")
    xml = check(note)
    assert said(xml, "TypeCode")[0] == "381"
    assert said(xml, "GrandTotalAmount") == ["10.00"]
    assert make_document(note, Document.Kind.E_INVOICE).size


def test_the_country_of_the_customer_is_the_last_of_the_address_or_ours():
    invoice = make_invoice()
    for address, country in (("12 Main St, 80331 Munich, DE", "DE"), ("12 Main St, Graz", "AT"), ("", "AT")):
        invoice.customer_address = address
        assert said(e_invoice.xml_of(invoice), "CountryID") == ["AT", country]


def test_a_tax_number_that_is_no_vat_number_is_marked_as_such(settings):
    settings.OPERATOR_TAX_NUMBER = "12/345/67890"
    assert b'schemeID="FC">12/345/67890' in e_invoice.xml_of(make_invoice())


@pytest.mark.parametrize("missing", ["OPERATOR_TAX_NUMBER", "OPERATOR_ADDRESS"])
def test_without_the_operators_data_there_is_none_and_the_page_says_so(missing: str, settings, clerk):
    setattr(settings, missing, type(getattr(settings, missing))())
    invoice = make_invoice()
    with pytest.raises(ValidationError, match=missing):
        make_document(invoice, Document.Kind.E_INVOICE)
    page = clerk.get(invoice.get_absolute_url()).content.decode()
    assert missing in page
    assert reverse("billing:invoice_e_invoice", args=[invoice.pk]) not in page


def test_without_the_packages_the_product_works_and_says_how_to_get_them(monkeypatch, clerk):
    monkeypatch.setattr(e_invoice, "generate_from_binary", None)
    invoice = make_invoice()
    assert "E-invoices" in clerk.get(invoice.get_absolute_url()).content.decode()
    assert make_document(invoice).size
    response = clerk.post(reverse("billing:invoice_e_invoice", args=[invoice.pk]), follow=True)
    assert "The packages for e-invoices are not installed" in response.content.decode()


def test_letters_that_no_font_has_are_refused_because_an_e_invoice_must_show_all():
    invoice = make_invoice(customer=make_customer(name="สวัสดี"))
    assert make_document(invoice).size
    with pytest.raises(ValidationError, match="letters"):
        make_document(invoice, Document.Kind.E_INVOICE)


def test_an_iban_is_found_in_a_line_of_text():
    assert e_invoice.iban_in("IBAN: AT61 1904 3002 3457 3201, BIC X") == ""
    assert e_invoice.iban_in("IBAN AT61 1904 3002 3457 3201 BIC X") == "AT611904300234573201"
    assert e_invoice.iban_in("AT61 1904 3002 3457 3202") == ""
