"""
The structured e-invoice: EN 16931 as Factur-X (ZUGFeRD), its XML inside of the PDF that people read.

What makes it is optional: `requirements-e-invoice.txt`. The XML is checked by the schema of its profile; the rules
beyond the schema (Schematron) are not checked here.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from typst import TypstError

from billing.documents.content import settled_at_issue
from billing.documents.rendering import ARCHIVE, UNFIT, render
from billing.models import CreditNote, Invoice
from customerflow.money import ZERO

try:
    from drafthorse.models.accounting import ApplicableTradeTax
    from drafthorse.models.document import Document as Tree
    from drafthorse.models.note import IncludedNote
    from drafthorse.models.party import TaxRegistration, TradeParty
    from drafthorse.models.payment import PaymentMeans, PaymentTerms
    from drafthorse.models.tradelines import LineItem
    from facturx import generate_from_binary
    from stdnum.iban import is_valid as is_iban
except ImportError:
    generate_from_binary = None

GUIDELINE = "urn:cen.eu:en16931:2017"
SCHEMA = "FACTUR-X_EN16931"
INVOICE, CREDIT_NOTE = "380", "381"
# Of UNCL 5305: taxed, taxed at nothing, exempt.
STANDARD, ZERO_RATED, EXEMPT = "S", "Z", "E"
PIECE = "C62"
SEPA_TRANSFER, NOT_DEFINED = "58", "1"
COUNTRY = re.compile(r"[A-Z]{2}")
VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z]{2,}")


def why_not(document: Invoice | CreditNote) -> str:
    """Return in words why there can be no e-invoice of `document`; nothing where there can."""
    if generate_from_binary is None:
        return _("The packages for e-invoices are not installed: see “E-invoices” in docs/operations.md.")
    missing = [name for name in ("OPERATOR_TAX_NUMBER", "OPERATOR_ADDRESS") if not getattr(settings, name)]
    if missing:
        return _("An e-invoice needs the settings %(names)s.") % {"names": ", ".join(missing)}
    return "" if document.number else _("A draft is no document yet.")


def make(document: Invoice | CreditNote, content: dict[str, object]) -> bytes:
    """
    Return `document`, whose letter has this `content`, as an e-invoice.

    Raises `ValidationError` where it cannot be made.
    """
    if reason := why_not(document):
        raise ValidationError(reason)
    try:
        pdf = render(content, standard=ARCHIVE)
    except TypstError as error:
        message = _("This has letters that our fonts do not have, and an e-invoice must show all: %(error)s")
        raise ValidationError(message % {"error": str(error).partition("\n")[0]}) from error
    about = {"author": settings.OPERATOR_NAME, "title": content["title"], "subject": content["title"], "keywords": ""}
    return generate_from_binary(pdf, xml_of(document), flavor="factur-x", level="en16931", pdf_metadata=about)


def xml_of(document: Invoice | CreditNote) -> bytes:
    """Return `document` as XML of the profile EN 16931, checked by its schema."""
    with translation.override(settings.LANGUAGE_CODE):
        return _tree_of(document).serialize(schema=SCHEMA)


def _tree_of(document: Invoice | CreditNote) -> "Tree":
    is_invoice = isinstance(document, Invoice)
    tree = Tree()
    tree.context.guideline_parameter.id = GUIDELINE
    tree.header.id = text(document.number)
    tree.header.type_code = INVOICE if is_invoice else CREDIT_NOTE
    tree.header.issue_date_time = document.issued_on
    if is_invoice and document.note:
        tree.header.notes.add(_note(document.note))
    _add_parties(tree, document)
    taxes = {tax.code_id: tax for tax in document.taxes.all()}
    lines = list(document.lines.all())
    for number, line in enumerate(lines, 1):
        tree.trade.items.add(_item(line, number, *_category(line, taxes)))
    prepaid = settled_at_issue(document) if is_invoice else ZERO
    _settle(tree, document, lines, taxes, prepaid)
    return tree


def _note(said: str) -> "IncludedNote":
    note = IncludedNote()
    note.content = text(said)
    return note


def text(value: str) -> str:
    """Return `value` without what XML cannot hold; a dash where nothing is left, for nothing may be empty."""
    return UNFIT.sub("", value).strip() or "–"


def _add_parties(tree: "Tree", document: Invoice | CreditNote) -> None:
    seller, buyer = tree.trade.agreement.seller, tree.trade.agreement.buyer
    seller.name = text(settings.OPERATOR_NAME)
    _address(seller, settings.OPERATOR_ADDRESS, settings.OPERATOR_COUNTRY)
    if settings.OPERATOR_EMAIL:
        seller.electronic_address.uri_ID = ("EM", settings.OPERATOR_EMAIL)
    number = settings.OPERATOR_TAX_NUMBER
    kind = "VA" if VAT_NUMBER.fullmatch(number.replace(" ", "")) else "FC"
    seller.tax_registrations.add(TaxRegistration(id=(kind, number)))
    buyer.id = text(document.customer.number)
    buyer.name = text(document.customer_name or document.customer.name)
    lines = [line for line in document.customer_address.split(", ") if line]
    is_abroad = bool(lines) and COUNTRY.fullmatch(lines[-1])
    _address(buyer, lines[:-1] if is_abroad else lines, lines[-1] if is_abroad else settings.OPERATOR_COUNTRY)


def _address(party: "TradeParty", lines: list[str], country: str) -> None:
    address = party.address
    address.country_id = country
    # Three lines are all there is room for; what is empty must not be there.
    for name, line in zip(("line_one", "line_two", "line_three"), [*lines[:2], ", ".join(lines[2:])], strict=False):
        if line:
            setattr(address, name, text(line))


def _category(line: object, taxes: dict[int, object]) -> tuple[str, Decimal]:
    """Return under which category and at how many per cent a line is taxed."""
    tax = taxes.get(line.tax_code_id)
    if tax is None:
        return EXEMPT, Decimal(0)
    return _category_of(tax.percent)


def _category_of(percent: Decimal) -> tuple[str, Decimal]:
    # XML knows no exponents: 20, not 2E+1.
    return (STANDARD if percent else ZERO_RATED), Decimal(f"{percent.normalize():f}")


def _item(line: object, number: int, category: str, percent: Decimal) -> "LineItem":
    item = LineItem()
    item.document.line_id = str(number)
    item.product.name = text(line.description)
    quantity, price = _quantity_and_price(line)
    item.agreement.net.amount = price
    item.delivery.billed_quantity = (quantity, PIECE)
    item.settlement.trade_tax.type_code = "VAT"
    item.settlement.trade_tax.category_code = category
    item.settlement.trade_tax.rate_applicable_percent = percent
    if line.first_day and line.last_day:
        item.settlement.period.start, item.settlement.period.end = line.first_day, line.last_day
    item.settlement.monetary_summation.total_amount = line.amount
    return item


def _quantity_and_price(line: object) -> tuple[Decimal, Decimal]:
    """Return the quantity and the price of a line: their product is its amount, and no price is below zero."""
    quantity, price = Decimal(getattr(line, "quantity", 1)), getattr(line, "unit_price", line.amount)
    if quantity * price != line.amount or price < 0:
        return Decimal(-1 if line.amount < 0 else 1), abs(line.amount)
    return quantity, price


def _settle(tree: "Tree", document: Invoice | CreditNote, lines: list, taxes: dict, prepaid: Decimal) -> None:
    settlement, net = tree.trade.settlement, sum((line.amount for line in lines), ZERO)
    settlement.currency_code = settings.CURRENCY
    settlement.payment_means.add(_means())
    for tax in _breakdown(lines, taxes):
        settlement.trade_tax.add(tax)
    if days := [day for line in lines for day in (line.first_day, line.last_day) if day]:
        settlement.period.start, settlement.period.end = min(days), max(days)
    settlement.terms.add(_terms(document))
    sums, tax_total = settlement.monetary_summation, sum((tax.amount for tax in taxes.values()), ZERO)
    sums.line_total, sums.charge_total, sums.allowance_total = net, ZERO, ZERO
    sums.tax_basis_total = net
    sums.tax_total = (tax_total, settings.CURRENCY)
    sums.grand_total = net + tax_total
    sums.prepaid_total = prepaid
    sums.due_amount = net + tax_total - prepaid


def _breakdown(lines: list, taxes: dict) -> Iterator["ApplicableTradeTax"]:
    """Yield a tax for each category and rate."""
    found: dict[tuple[str, Decimal], list[Decimal]] = {}
    for line in lines:
        found.setdefault(_category(line, taxes), [ZERO, ZERO])[0] += line.amount
    for tax in taxes.values():
        found.setdefault(_category_of(tax.percent), [ZERO, ZERO])[1] += tax.amount
    for (category, percent), (base, amount) in found.items():
        tax = ApplicableTradeTax()
        tax.calculated_amount, tax.basis_amount = amount, base
        tax.type_code, tax.category_code, tax.rate_applicable_percent = "VAT", category, percent
        if category == EXEMPT:
            tax.exemption_reason = _("Not taxed")
        yield tax


def _means() -> "PaymentMeans":
    """Return how to pay: by transfer where the operator's bank lines name an IBAN."""
    means, account = PaymentMeans(), next(filter(None, map(iban_in, settings.OPERATOR_BANK)), "")
    means.type_code = SEPA_TRANSFER if account else NOT_DEFINED
    if account:
        means.payee_account.iban = account
    return means


def iban_in(line: str) -> str:
    """Return the IBAN in a line of text, without its spaces; nothing where there is none."""
    words = line.split()
    for first in range(len(words)):
        for last in range(len(words), first, -1):
            if is_iban(found := "".join(words[first:last])):
                return found
    return ""


def _terms(document: Invoice | CreditNote) -> "PaymentTerms":
    terms = PaymentTerms()
    due_on: date = getattr(document, "due_on", document.issued_on)
    terms.due = due_on
    return terms
