"""What stands in an invoice, a credit note and a statement of account: plain dicts for `layouts/letter.typ`."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils import formats, translation
from django.utils.translation import gettext as _

from billing.engine.explaining import why
from billing.models import Allocation, CreditNote, Invoice, InvoiceLine, InvoiceTax
from customerflow.money import ZERO, format_money

# Of these the amount is explained in any case, also where it happens to be the price.
EXPLAINED = {InvoiceLine.Kind.PART_PERIOD, InvoiceLine.Kind.ADJUSTMENT}


def with_content(invoices: models.QuerySet) -> models.QuerySet:
    """Return `invoices` with all that their content is read from, in a fixed number of queries."""
    return invoices.select_related("customer").prefetch_related("lines", "taxes", "allocations")


def content_of_invoice(invoice: Invoice) -> dict[str, object]:
    """Return what stands in `invoice`, as it was issued."""
    with translation.override(settings.LANGUAGE_CODE):
        lines = list(invoice.lines.all())
        credit = settled_at_issue(invoice)
        sums = [*_sums_of(lines, invoice.taxes.all())]
        due = invoice.total - credit
        if credit:
            sums += [(_("Invoice total"), format_money(invoice.total)), (_("Already settled"), format_money(-credit))]
        return {
            **_letter(invoice, _("Invoice %(number)s") % {"number": invoice.number}),
            "opening": invoice.note,
            "facts": [
                (_("Invoice number"), invoice.number),
                (_("Customer number"), invoice.customer.number),
                (_("Issued on"), day_text(invoice.issued_on)),
                (_("Due on"), day_text(invoice.due_on)),
            ],
            "columns": _columns_of_invoice(),
            "rows": [_row_of_invoice(line) for line in lines],
            "sums": sums,
            "total": (_("Amount due"), amount_text(due)),
            "closing": _how_to_pay(invoice, due),
        }


def content_of_draft(
    draft: Invoice, snapshot: dict[str, str], taxes: Iterable[InvoiceTax], total: Decimal
) -> dict[str, object]:
    """Return what would stand in the invoice that `draft` is to become, marked as no invoice, with `taxes` of a day."""
    with translation.override(settings.LANGUAGE_CODE):
        lines = list(draft.lines.all())
        name, address = snapshot["customer_name"], snapshot["customer_address"]
        return {
            **letter(title=_("Draft of an invoice"), day=draft.issued_on, name=name, address=address),
            "mark": _("DRAFT"),
            "opening": draft.note,
            "facts": [
                (_("Customer number"), draft.customer.number),
                (_("Planned for"), day_text(draft.issued_on)),
                (_("Due on"), day_text(draft.due_on)),
            ],
            "columns": _columns_of_invoice(),
            "rows": [_row_of_invoice(line) for line in lines],
            "sums": [*_sums_of(lines, taxes)],
            "total": (_("Total"), amount_text(total)),
            "closing": [_("This is a draft and no invoice: there is nothing to be paid.")],
        }


def content_of_credit_note(note: CreditNote) -> dict[str, object]:
    """Return what stands in `note`, as it was issued."""
    with translation.override(settings.LANGUAGE_CODE):
        lines = list(note.lines.all())
        facts = [
            (_("Credit note number"), note.number),
            (_("Customer number"), note.customer.number),
            (_("Issued on"), day_text(note.issued_on)),
        ]
        if note.invoice:
            facts.append((_("For invoice"), note.invoice.number))
        return {
            **_letter(note, _("Credit note %(number)s") % {"number": note.number}),
            "opening": _("Reason: %(reason)s") % {"reason": note.reason},
            "facts": facts,
            "columns": [
                column(_("Description"), grows=True),
                column(_("Period")),
                column(_("Credited (%(currency)s)") % {"currency": settings.CURRENCY}, number=True),
            ],
            "rows": [row(line.description, _period(line), format_money(line.amount)) for line in lines],
            "sums": [*_sums_of(lines, note.taxes.all())],
            "total": (_("Total credited"), amount_text(note.total)),
            "closing": [_("This amount is credited to your account: there is nothing to be paid.")],
        }


def settled_at_issue(invoice: Invoice) -> Decimal:
    """Return what of `invoice` payments and credit settled on the day it came on the books: that stays as it was."""
    return sum((each.amount for each in invoice.allocations.all() if _is_of_first_day(each, invoice)), ZERO)


def _is_of_first_day(allocation: Allocation, invoice: Invoice) -> bool:
    is_kept = allocation.released_on is None or allocation.released_on > allocation.posted_on
    return is_kept and allocation.posted_on == invoice.posted_on and allocation.write_off_id is None


def column(label: str, *, number: bool = False, grows: bool = False) -> dict[str, object]:
    """Return a column of the table: whether it holds numbers, and whether it takes the room that is left."""
    return {"label": label, "number": number, "grows": grows}


def row(*cells: str, note: str = "", strong: bool = False) -> dict[str, object]:
    """Return a row of the table; `note` stands small below the first of `cells`."""
    return {"cells": cells, "note": note, "strong": strong}


def operator() -> dict[str, object]:
    """Return who sends the letter, from the settings."""
    contact = [settings.OPERATOR_PHONE, settings.OPERATOR_EMAIL]
    if settings.OPERATOR_TAX_NUMBER:
        contact.append(_("Tax number: %(number)s") % {"number": settings.OPERATOR_TAX_NUMBER})
    return {
        "name": settings.OPERATOR_NAME,
        "address": settings.OPERATOR_ADDRESS,
        "contact": [*filter(None, contact)],
        "bank": settings.OPERATOR_BANK,
    }


def letter(*, title: str, day: date, name: str, address: str) -> dict[str, object]:
    """Return what every letter of the day `day` to `name` has; what it is about comes in addition."""
    return {
        "language": settings.LANGUAGE_CODE.partition("-")[0],
        "title": title,
        "day": (day.year, day.month, day.day),
        "operator": operator(),
        "sender": " · ".join([settings.OPERATOR_NAME, *settings.OPERATOR_ADDRESS]),
        "recipient": [name, *filter(None, address.split(", "))],
        "opening": "",
        # What stands across every page of what is no document.
        "mark": "",
        # Filled in by the layout.
        "page": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
    }


def day_text(day: date | None) -> str:
    """Return a day as it stands in letters: short, and not to be mistaken."""
    # Translators: the form of a day in letters, see Django's filter "date".
    return formats.date_format(day, _("j M Y")) if day else ""


def amount_text(amount: Decimal) -> str:
    """Return an amount with the currency."""
    return f"{format_money(amount)} {settings.CURRENCY}"


def _letter(document: Invoice | CreditNote, title: str) -> dict[str, object]:
    name, address = document.customer_name or document.customer.name, document.customer_address
    return letter(title=title, day=document.issued_on, name=name, address=address)


def _columns_of_invoice() -> list[dict[str, object]]:
    return [
        column(_("Description"), grows=True),
        column(_("Period")),
        column(_("Quantity"), number=True),
        column(_("Unit price"), number=True),
        column(_("Amount (%(currency)s)") % {"currency": settings.CURRENCY}, number=True),
    ]


def _row_of_invoice(line: InvoiceLine) -> dict[str, object]:
    is_plain = line.amount == line.quantity * line.unit_price and line.kind not in EXPLAINED
    note = "" if is_plain or not line.inputs else why(line.inputs)
    quantity = formats.number_format(line.quantity, force_grouping=True)
    amounts = format_money(line.unit_price), format_money(line.amount)
    return row(line.description, _period(line), quantity, *amounts, note=note)


def _period(line: models.Model) -> str:
    days = [line.first_day, line.last_day] if line.last_day != line.first_day else [line.first_day]
    return " – ".join(map(day_text, filter(None, days)))


def _sums_of(lines: list, taxes: Iterable) -> Iterable[tuple[str, str]]:
    yield _("Net"), format_money(sum((line.amount for line in lines), ZERO))
    for tax in taxes:
        percent = formats.number_format(tax.percent.normalize())
        values = {"name": tax.name, "percent": percent, "base": format_money(tax.base)}
        yield _("%(name)s, %(percent)s %% of %(base)s") % values, format_money(tax.amount)


def _how_to_pay(invoice: Invoice, due: Decimal) -> list[str]:
    if not due:
        return [_("There is nothing to be paid.")]
    values = {"amount": amount_text(due), "day": day_text(invoice.due_on), "number": invoice.number}
    return [_("Please pay %(amount)s by %(day)s, and state the number %(number)s.") % values]
