"""Money for tests, made by the acts that staff use."""

from datetime import UTC, date, datetime
from decimal import Decimal

from billing.credits.credit_notes import issue_credit_note
from billing.documents import files
from billing.documents.emails import send_document
from billing.drafts.drafting import add_draft
from billing.invoices import Line, issue_invoice
from billing.lines import CreditLine
from billing.models import (
    BillingRun,
    BillingRunItem,
    BillingStart,
    Charge,
    CreditNote,
    Discount,
    Document,
    Email,
    EmailInvoice,
    Invoice,
    InvoiceTax,
    LedgerAccount,
    Payment,
    PeriodClosing,
    Refund,
    WriteOff,
)
from billing.payments import record_payment
from billing.periods.closing import close_period, seal_period
from customers.models import Customer
from customers.tests.factories import make_customer, make_plan, make_tax_code

ISSUED_ON = date(2026, 3, 1)
TODAY = date(2026, 3, 31)


def make_invoice(
    amount: str = "59.99",
    *,
    customer: Customer | None = None,
    on: date = ISSUED_ON,
    due_on: date | None = None,
    **fields,
) -> Invoice:
    lines = [Line(description="Fibre 500", unit_price=Decimal(amount))]
    return issue_invoice(customer=customer or make_customer(), lines=lines, on=on, due_on=due_on, **fields)


def make_draft(*amounts: str, customer: Customer | None = None, on: date = TODAY, **fields) -> Invoice:
    lines = [Line(description=f"Work {amount}", unit_price=Decimal(amount)) for amount in amounts or ("30.00",)]
    return add_draft(customer=customer or make_customer(), lines=lines, on=on, **fields)


def make_payment(
    amount: str = "59.99", *, customer: Customer | None = None, received_on: date = TODAY, **fields
) -> Payment:
    return record_payment(
        customer=customer or make_customer(),
        amount=Decimal(amount),
        received_on=received_on,
        on=TODAY,
        method=fields.pop("method", Payment.Method.TRANSFER),
        **fields,
    )


def make_invoice_tax() -> InvoiceTax:
    line = Line(description="Fibre 500", unit_price=Decimal("59.99"), tax_code=make_tax_code())
    return issue_invoice(customer=make_customer(), lines=[line], on=ISSUED_ON).taxes.get()


def make_credit_note(amount: str = "10.00", *, customer: Customer | None = None, on: date = TODAY) -> CreditNote:
    line = CreditLine(description="Goodwill", amount=Decimal(amount), tax_code=make_tax_code("0"))
    return issue_credit_note(customer=customer or make_customer(), lines=[line], reason="Goodwill", on=on)


def make_refund(amount: str = "5.00", **fields) -> Refund:
    payment = fields.pop("payment", None) or make_payment("20.00")
    refund = Refund.objects.create(
        **{
            "customer": payment.customer,
            "payment": payment,
            "amount": Decimal(amount),
            "paid_on": TODAY,
            "posted_on": TODAY,
            "reason": "Paid twice",
            **fields,
        }
    )
    payment.refunded += refund.amount
    payment.save(update_fields=["refunded"])
    return refund


def make_write_off(**fields) -> WriteOff:
    fields["invoice"] = fields.get("invoice") or make_invoice()
    return WriteOff.objects.create(**{"reason": "Bankrupt", "posted_on": TODAY, "reversed_on": TODAY, **fields})


def make_charge(**fields) -> Charge:
    fields["customer"] = fields.get("customer") or make_customer()
    return Charge.objects.create(
        **{"description": "Visit", "unit_price": Decimal("35.00"), "charged_on": TODAY, **fields}
    )


def make_discount(**fields) -> Discount:
    fields["customer"] = fields.get("customer") or make_customer()
    if "amount" not in fields:
        fields.setdefault("percent", Decimal(10))
    return Discount.objects.create(**{"first_day": ISSUED_ON, **fields})


def make_document(**about) -> Document:
    return files.make_document(about.pop("record", None) or make_invoice(), **about)


def make_email(**fields) -> Email:
    record = fields.pop("record", None) or make_invoice()
    values = {"to": "ann@example.com", "key": f"test-{record.pk}", "at": datetime(2026, 3, 31, 12, tzinfo=UTC)}
    return send_document(record=record, **values | fields)


def make_email_invoice(*, customer: Customer | None = None) -> EmailInvoice:
    """Return an invoice that goes with an e-mail about its customer."""
    invoice = make_invoice(customer=customer)
    values = {"to": "ann@example.com", "subject": "Reminder", "try_at": datetime(2026, 3, 31, 12, tzinfo=UTC)}
    email = Email.objects.create(customer=invoice.customer, key=f"reminder-{invoice.pk}", **values)
    return EmailInvoice.objects.create(email=email, invoice=invoice)


def make_billing_start(day: date = date(2026, 1, 1)) -> BillingStart:
    return BillingStart.objects.update_or_create(pk=1, defaults={"day": day})[0]


def make_billing_run(day: date = TODAY) -> BillingRun:
    run, _is_new = BillingRun.objects.get_or_create(
        day=day,
        defaults={
            "state": BillingRun.State.DONE,
            "started_at": datetime(2026, 3, 31, 6, tzinfo=UTC),
            "finished_at": datetime(2026, 3, 31, 6, 1, tzinfo=UTC),
        },
    )
    invoice = make_invoice()
    done = {"outcome": BillingRunItem.Outcome.INVOICED, "difference": BillingRunItem.Difference.NEW}
    BillingRunItem.objects.create(
        run=run, customer=invoice.customer, attempt=1, invoice=invoice, total=invoice.total, **done
    )
    return run


def make_ledger_account(**fields) -> LedgerAccount:
    fields["place"] = fields.get("place") or f"revenue:plan:{make_plan().pk}"
    return LedgerAccount.objects.create(**{"number": "4011", "name": "Fibre", **fields})


def make_period_closing(last_day: date = date(2020, 12, 31)) -> PeriodClosing:
    return seal_period(closing=close_period(last_day=last_day, on=TODAY))
