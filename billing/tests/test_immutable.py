"""The database refuses to change what is on the books, whoever asks: here plain SQL, column by column."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from billing.credits.credit_notes import issue_credit_note, void_credit_note
from billing.credits.refunds import refund, reverse_refund
from billing.credits.write_offs import take_back_write_off, write_off
from billing.immutable import GUARDS, missing_triggers
from billing.invoices import Line, issue_invoice, void_invoice
from billing.lines import CreditLine
from billing.models import (
    Allocation,
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Payment,
    Refund,
    WriteOff,
)
from billing.payments import reverse_payment
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment, make_period_closing
from customerflow.changes.recording import recording
from customers.tests.factories import make_customer, make_tax_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(db) -> None:
    """Put one row of each kind on the books."""
    make_period_closing()
    customer, code = make_customer(), make_tax_code("20")
    lines = [Line(description="Fibre", unit_price=Decimal("50.00"), tax_code=code)]
    invoice = issue_invoice(customer=customer, lines=lines, on=ISSUED_ON)
    payment = make_payment("70.00", customer=customer)
    refund(source=payment, amount=Decimal(5), paid_on=TODAY, on=TODAY, method="cash", reason="Too much")
    back = [CreditLine(description="Outage", amount=Decimal(5), tax_code=code)]
    issue_credit_note(customer=customer, lines=back, reason="Outage", on=TODAY, invoice=invoice)
    write_off(invoice=make_invoice(), reason="Bankrupt", on=TODAY)


def refuses(sql: str, *values: object) -> bool:
    """Return whether the database refuses a statement; what it does not refuse is done."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except IntegrityError as error:
        return "on the books" in str(error)
    return False


def other_value(field: models.Field) -> str:
    """Return SQL for another value than a column has."""
    kind = field.get_internal_type() if not field.is_relation else "Key"
    column = f'"{field.column}"'
    if kind == "Key":
        return f"COALESCE({column}, 0) + 1000000"
    if kind == "DateField":
        return "'2001-01-01'"
    if kind == "DateTimeField":
        return "'2001-01-01 00:00:00+00:00'"
    if kind == "BooleanField":
        return f"NOT {column}"
    if kind == "JSONField":
        return """'{"other": 1}'"""
    if kind in {"CharField", "TextField"}:
        return f"COALESCE({column}, '') || 'x'"
    return f"{column} + 1"


@pytest.mark.usefixtures("books")
def test_no_column_of_what_is_on_the_books_is_changed():
    tried = 0
    for guard in GUARDS:
        key = guard.model.objects.latest("pk").pk
        for field in guard.model._meta.local_concrete_fields:
            if field.column in guard.frozen:
                value = other_value(field)
                statement = f'UPDATE "{guard.table}" SET "{field.column}" = {value} WHERE id = %s'
                assert refuses(statement, key), statement
                tried += 1
    assert tried > 90


@pytest.mark.usefixtures("books")
def test_nothing_of_ours_on_the_books_is_deleted():
    for guard in GUARDS:
        assert guard.model.objects.exists()
        assert refuses(f'DELETE FROM "{guard.table}"'), guard.table


PARTS = [InvoiceLine, InvoiceTax, CreditNoteLine, CreditNoteTax]


def copy_of(model: type[models.Model], **values: str) -> str:
    """Return SQL that adds the last row of a table once more, with other values in some columns."""
    columns = [field.column for field in model._meta.local_concrete_fields if not field.primary_key]
    names, copied = (", ".join(each) for each in (columns, [values.get(name, name) for name in columns]))
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT {copied} FROM {model._meta.db_table} LIMIT 1"


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("model", PARTS)
@pytest.mark.parametrize("amount", ["amount", "0"])
def test_nothing_is_added_to_what_is_on_the_books(model: type[models.Model], amount: str):
    other = {"code_id": str(make_tax_code("7").pk)} if "Tax" in model.__name__ else {}
    statement = copy_of(model, amount=amount, **other)
    assert refuses(statement)
    with recording("Another act"):
        assert refuses(statement)


def test_nothing_is_added_in_an_act_that_only_changes_the_document():
    invoice = make_invoice()
    with recording("Another act"):
        make_payment("9.00", customer=invoice.customer)
        assert refuses(copy_of(InvoiceLine, amount="0"))


def test_no_line_of_a_draft_is_moved_to_what_is_on_the_books():
    issued, draft = make_invoice(), make_draft()
    assert refuses("UPDATE billing_invoiceline SET invoice_id = %s WHERE invoice_id = %s", issued.pk, draft.pk)


def test_a_draft_is_issued_only_where_it_adds_up():
    draft = make_draft()
    issue = "UPDATE billing_invoice SET status = 'issued', number = 'X-1', total = %s WHERE id = %s"
    assert refuses(issue, 99, draft.pk)
    assert not refuses(issue, 100, draft.pk)


@pytest.mark.usefixtures("books")
def test_nothing_on_the_books_is_replaced_or_emptied_at_once():
    # What waits for the end of the transaction would be in the way.
    connection.check_constraints()
    for guard in GUARDS:
        statement = f"REPLACE INTO {guard.table} SELECT * FROM {guard.table}"
        if connection.vendor == "postgresql":
            statement = f"TRUNCATE {guard.table} CASCADE"
        assert refuses(statement), statement


def make_draft() -> Invoice:
    """Return a draft with a line over 1.00."""
    draft = Invoice.objects.create(customer=make_customer(), issued_on=TODAY, due_on=TODAY, posted_on=TODAY, total=1)
    InvoiceLine.objects.create(invoice=draft, description="Fibre", unit_price=1, amount=1)
    return draft


def test_every_column_is_frozen_or_let_through_on_purpose():
    let_through = {(guard.table, column) for guard in GUARDS for column in {*guard.columns} - {*guard.frozen}}
    assert {column for _table, column in let_through} == {
        *("allocated", "customer_id", "is_waived", "live", "refunded", "released_on", "search_text", "settled"),
        *("reversal_reason", "reversed_by_id", "reversed_on", "status", "updated_at", "version"),
        *("void_reason", "voided_by_id", "voided_on"),
        # Of a closed period.
        *("debit", "digest", "postings", "reopen_reason", "reopened_by_id", "reopened_on"),
    }


def test_what_was_voided_reversed_or_released_stays_so():
    void_invoice(invoice=make_invoice(), reason="Mistake", on=TODAY)
    invoice = make_invoice()
    reverse_payment(payment=make_payment(customer=invoice.customer), reason="Bounced", on=TODAY)
    take_back_write_off(write_off=write_off(invoice=invoice, reason="Bankrupt", on=TODAY), on=TODAY)
    made = refund(source=make_payment("9.00"), amount=Decimal(5), paid_on=TODAY, on=TODAY, method="cash", reason="Left")
    reverse_refund(refund=made, reason="Returned", on=TODAY)
    line = CreditLine(description="Outage", amount=Decimal(5))
    note = issue_credit_note(customer=make_customer(), lines=[line], reason="Outage", on=TODAY)
    void_credit_note(note=note, reason="Mistake", on=TODAY)
    for statement in (
        "UPDATE billing_invoice SET status = 'issued', voided_on = NULL, void_reason = '' WHERE status = 'void'",
        "UPDATE billing_invoice SET status = 'draft', number = NULL WHERE status = 'issued'",
        "UPDATE billing_invoice SET void_reason = 'Another' WHERE status = 'void'",
        "UPDATE billing_invoice SET is_waived = NOT is_waived WHERE status = 'void'",
        "UPDATE billing_invoiceline SET live = NOT live WHERE NOT live",
        "UPDATE billing_payment SET reversed_on = NULL, reversal_reason = '' WHERE reversed_on IS NOT NULL",
        "UPDATE billing_refund SET reversed_on = NULL, reversal_reason = '' WHERE reversed_on IS NOT NULL",
        "UPDATE billing_writeoff SET reversed_on = NULL WHERE reversed_on IS NOT NULL",
        "UPDATE billing_allocation SET released_on = NULL WHERE released_on IS NOT NULL",
        "UPDATE billing_creditnote SET voided_on = NULL, void_reason = '' WHERE voided_on IS NOT NULL",
        "UPDATE billing_creditnoteline SET live = NOT live WHERE NOT live",
    ):
        assert refuses(statement), statement


def test_a_draft_is_changed_and_deleted():
    draft = make_draft()
    line = draft.lines.get()
    line.amount = line.unit_price = 2
    line.save()
    draft.total = 2
    draft.save()
    line.delete()
    draft.delete()
    assert not Invoice.objects.exists()


def test_documents_of_another_system_are_not_changed_but_can_go():
    invoice = make_invoice(number="17", origin="Old")
    make_payment("9.00", customer=invoice.customer)
    assert refuses("UPDATE billing_invoice SET total = total + 1")
    # Our payment has settled it: that is ours, and stays.
    assert refuses("DELETE FROM billing_allocation")
    other = make_invoice(number="18", origin="Old")
    InvoiceLine.objects.filter(invoice=other).delete()
    other.delete()
    assert Invoice.objects.get() == invoice


@pytest.mark.usefixtures("books")
def test_the_orm_is_refused_like_anybody():
    for model in (Invoice, Payment, CreditNote, Refund, WriteOff, Allocation):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete("default")


def test_a_missing_trigger_is_named():
    assert missing_triggers(connection) == []
    of_table = "" if connection.vendor == "sqlite" else " ON billing_payment"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER billing_payment_stays_there{of_table}")
    assert missing_triggers(connection) == ["billing_payment_stays_there"]


@pytest.mark.django_db(transaction=True)
def test_the_triggers_are_there_after_the_tables_were_emptied():
    make_invoice()
    assert missing_triggers(connection) == []
    assert refuses("DELETE FROM billing_invoice")
