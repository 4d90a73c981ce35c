"""A line becomes payments once, and whatever became of it can be taken back."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bank import applying
from bank.applying import (
    Part,
    accept_line,
    apply_line,
    apply_return,
    apply_return_of,
    ignore_line,
    match_some,
    park_line,
    take_back,
)
from bank.came_back import may_have_come_back
from bank.debits.returning import return_debit
from bank.matching import match_lines
from bank.models import KnownPayer, LinePayment, Mandate, StatementLine
from bank.tasks import AcceptLines, job_to_accept
from bank.tests.factories import (
    PAYER,
    make_bank_account,
    make_collection,
    make_collection_item,
    make_line,
    make_line_payment,
)
from bank.tests.statements import load, said
from billing.books.check import check_books
from billing.models import Payment
from billing.payments import record_payment, reverse_payment
from billing.tests.factories import TODAY, make_invoice
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db
FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


def applied_sum() -> Decimal:
    """What the applied lines that came in are together."""
    return StatementLine.objects.filter(state="applied", amount__gt=0).aggregate(sum=Sum("amount"))["sum"] or 0


def paid_sum() -> Decimal:
    """What the payments are together that stand, or that the bank took back by a line of its own."""
    parts = LinePayment.objects.filter(undone_on=None)
    return parts.aggregate(sum=Sum("payment__amount"))["sum"] or 0


def broken_rules() -> list[str]:
    return [found["check"] for found in check_books(on=TODAY) if found["count"]]


def matched(amount: str = "59.99", **fields) -> StatementLine:
    line = make_line(amount, **fields)
    match_lines([line])
    line.save()
    return line


def test_a_line_that_is_accepted_settles_what_it_names():
    invoice = make_invoice("59.99")
    line = accept_line(line=matched(text=invoice.number, value_on=date(2026, 3, 30)), on=TODAY, by=make_user())
    payment = line.parts.get().payment
    assert (payment.customer, payment.amount, payment.received_on) == (invoice.customer, line.amount, date(2026, 3, 30))
    assert payment.allocations.get().invoice == invoice
    assert line.state == "applied"
    with pytest.raises(ValidationError, match="applied"):
        accept_line(line=line, on=TODAY)
    assert broken_rules() == []


def test_a_line_is_split_over_customers_and_invoices():
    first, second, other = make_invoice("10.00"), make_invoice("20.00"), make_invoice("5.00")
    line = make_line("30.00")
    parts = [Part(first.customer, Decimal("10.00")), Part(second.customer, Decimal("20.00"), (second,))]
    with pytest.raises(ValidationError, match=r"29\.00"):
        apply_line(line=line, parts=[parts[0], Part(other.customer, Decimal("19.00"))], on=TODAY)
    with pytest.raises(ValidationError, match="not an open invoice"):
        apply_line(line=line, parts=[parts[0], Part(second.customer, Decimal("20.00"), (other,))], on=TODAY)
    assert not Payment.objects.exists()
    apply_line(line=line, parts=parts, on=TODAY)
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [Decimal("10.00"), Decimal("20.00")]
    assert paid_sum() == applied_sum() == line.amount


def test_what_is_taken_back_and_applied_again_gives_the_same_books():
    invoice = make_invoice("59.99")
    line = accept_line(line=matched(text=invoice.number), on=TODAY)
    line = take_back(line=line, reason="Wrong customer", on=TODAY)
    invoice.refresh_from_db()
    assert (line.state, invoice.open_amount, paid_sum()) == ("open", Decimal("59.99"), 0)
    line = accept_line(line=line, on=TODAY)
    invoice.refresh_from_db()
    assert (invoice.open_amount, paid_sum(), applied_sum()) == (0, line.amount, line.amount)
    assert Payment.objects.standing().count() == 1
    assert broken_rules() == []


def test_lines_are_parked_and_ignored_with_a_reason_and_taken_up_again():
    line = make_line()
    with pytest.raises(ValidationError, match="Say why"):
        park_line(line=line, reason=" ", on=TODAY)
    line = park_line(line=line, reason="Ask Ann", on=TODAY)
    assert (line.state, line.reason) == ("parked", "Ask Ann")
    ignore_line(line=line, reason="Interest", on=TODAY)
    assert take_back(line=line, reason="It is a payment", on=TODAY).state == "open"


def test_a_person_teaches_from_which_account_somebody_pays():
    customer = make_invoice("59.99").customer
    apply_line(line=make_line(party_iban=PAYER), parts=[Part(customer, Decimal("59.99"))], on=TODAY, by=make_user())
    assert KnownPayer.objects.get().customer == customer
    make_invoice("12.00", customer=customer)
    assert matched("12.00", party_iban=PAYER).level == "sure"


def test_a_payment_that_bounced_is_taken_back_by_the_line_that_says_so():
    invoice = make_invoice("59.99")
    line = accept_line(line=matched(text=invoice.number, reference="E2E-9"), on=TODAY)
    back = matched("-59.99", reference="E2E-9", return_code="AC04")
    assert (back.kind, back.level) == ("return", "sure")
    back = accept_line(line=back, on=TODAY)
    invoice.refresh_from_db()
    payment = line.parts.get().payment
    assert (invoice.open_amount, payment.is_reversed) == (Decimal("59.99"), True)
    assert "the account is closed" in payment.reversal_reason
    with pytest.raises(ValidationError, match="take that line back first"):
        take_back(line=line, reason="No", on=TODAY)
    take_back(line=back, reason="Not ours", on=TODAY)
    invoice.refresh_from_db()
    assert (invoice.open_amount, paid_sum()) == (0, applied_sum())


def test_a_return_of_something_unknown_is_refused():
    with pytest.raises(ValidationError, match="not known"):
        apply_return(line=matched("-1.00", return_code="MS03"), on=TODAY)


def test_a_returned_debit_without_a_mandate_sets_it_aside_and_can_be_taken_back():
    item = make_collection_item()
    item.payment = record_payment(
        customer=item.customer, amount=item.amount, received_on=TODAY, on=TODAY, method="debit", key=f"debit-{item.pk}"
    )
    item.state = "collected"
    item.save()
    line = accept_line(line=matched("-59.99", reference=item.end_to_end_id, return_code="MD01"), on=TODAY)
    item.refresh_from_db()
    assert (item.state, item.return_code, item.invoice.open_amount) == ("returned", "MD01", item.amount)
    assert "no valid mandate" in item.payment.reversal_reason
    assert Mandate.objects.get().state == "aside"
    with pytest.raises(ValidationError, match="not waiting"):
        return_debit(key=item.pk, code="MD01", on=TODAY)
    take_back(line=line, reason="A mistake", on=TODAY)
    item.refresh_from_db()
    item.invoice.refresh_from_db()
    assert (item.state, item.invoice.open_amount, Mandate.objects.get().state) == ("collected", 0, "active")


def test_what_may_have_come_back_is_told_by_account_text_and_name_that_of_the_amount_first():
    invoice = make_invoice("59.99")
    mine = [make_line_payment(amount=amount, customer=invoice.customer) for amount in ("59.99", "50.00", "70.00")]
    debit = make_collection_item(invoice=invoice, state="collected", collection=make_collection(collect_on=TODAY))
    make_line_payment(amount="59.99")
    line = make_line("-59.99", text=f"RETURN {invoice.number}", party_iban=PAYER)
    expected = [{"debit": debit.pk}, {"part": mine[0].pk}, {"part": mine[1].pk}]
    assert [each.offer for each in may_have_come_back(line)] == expected
    assert [each.offer for each in may_have_come_back(make_line("-59.99"), invoice.customer)] == expected
    assert may_have_come_back(make_line("-59.99", text=invoice.number, booked_on=date(2026, 1, 1))) == []
    assert may_have_come_back(make_line("-59.99")) == []


def test_a_return_that_names_nothing_is_applied_to_the_payment_that_a_person_chooses_and_taken_back():
    invoice = make_invoice("59.99")
    part = accept_line(line=matched(text=invoice.number), on=TODAY).parts.get()
    line = make_line("-63.49", state="ignored", reason="Outgoing", return_code="AC04")
    with pytest.raises(ValidationError, match="went out"):
        apply_return_of(line=make_line("59.99"), offer={"part": part.pk}, on=TODAY)
    line = apply_return_of(line=line, offer={"part": part.pk}, on=TODAY)
    invoice.refresh_from_db()
    part.refresh_from_db()
    assert (line.state, line.kind, line.customer, part.returned_by) == ("applied", "return", invoice.customer, line)
    assert (invoice.open_amount, "closed" in part.payment.reversal_reason) == (Decimal("59.99"), True)
    with pytest.raises(ValidationError, match="not known which"):
        apply_return_of(line=make_line("-59.99"), offer={"part": part.pk}, on=TODAY)
    assert broken_rules() == []
    line = take_back(line=line, reason="Another one", on=TODAY)
    invoice.refresh_from_db()
    assert (line.state, line.customer, invoice.open_amount) == ("open", None, 0)
    assert broken_rules() == []


def test_all_sure_ones_are_accepted_at_once_and_what_is_not_sure_any_more_stays():
    invoices = [make_invoice("59.99") for _ in range(3)]
    lines = [matched(text=invoice.number) for invoice in invoices]
    matched()
    twin = matched(text=invoices[0].number)
    job = job_to_accept()
    assert job.total == 4
    run_steps(job)
    assert {StatementLine.objects.get(pk=line.pk).state for line in lines} == {"applied"}
    twin.refresh_from_db()
    assert (twin.state, twin.level, job.done, job.refused) == ("open", "likely", 3, 1)
    assert job_to_accept() is None


def run_steps(job) -> None:
    """Do all steps of a job, as a worker does."""
    while AcceptLines().step(job):
        pass


def test_matching_anew_writes_only_the_lines_of_which_something_else_was_found():
    lines = [matched(text=f"K-{number}") for number in range(3)]
    match_some([line.pk for line in lines])
    make_invoice("59.99", customer=make_customer(number="K-1"))
    with CaptureQueriesContext(connection) as queries:
        match_some([line.pk for line in lines])
    written = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "bank_statementline"')]
    assert [text.count("WHEN") for text in written] == [7]
    assert [StatementLine.objects.get(pk=line.pk).level for line in lines] == ["unknown", "sure", "unknown"]


def test_the_database_lets_no_line_make_a_payment_twice():
    line = accept_line(line=matched(text=make_invoice("59.99").number), on=TODAY)
    part = line.parts.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        LinePayment.objects.create(line=line, payment=part.payment, attempt=9, part=9)
    again = record_payment(
        customer=part.payment.customer,
        amount=line.amount,
        received_on=TODAY,
        on=TODAY,
        method="transfer",
        key=applying.key_of(line, 1),
    )
    assert again == part.payment


def test_what_dies_between_leaves_nothing_and_is_done_again(monkeypatch):
    line = matched(text=make_invoice("59.99").number)
    create = LinePayment.objects.create

    def die(**_fields: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(LinePayment.objects, "create", die)
    with pytest.raises(RuntimeError):
        accept_line(line=line, on=TODAY)
    assert not Payment.objects.exists()
    monkeypatch.setattr(LinePayment.objects, "create", create)
    assert accept_line(line=line, on=TODAY).state == "applied"
    assert Payment.objects.count() == 1


def test_a_payment_reversed_on_its_own_page_is_found_by_the_books_check():
    line = accept_line(line=matched(text=make_invoice("59.99").number), on=TODAY)
    reverse_payment(payment=line.parts.get().payment, reason="Bounced", on=TODAY)
    assert broken_rules() == ["bank-line-payments"]
    take_back(line=line, reason="Bounced", on=TODAY)
    assert broken_rules() == []


acts = st.lists(st.tuples(st.sampled_from(["load", "accept", "back", "park", "match"]), st.integers(0, 5)), max_size=14)


@FEW
@given(acts)
def test_in_whatever_order_lines_and_payments_come_to_the_same(db, acts):
    account = make_bank_account()
    invoices = [make_invoice(f"{5 + number}.00") for number in range(6)]
    known = [said(f"{5 + n}.00", text=each.number, bank_reference=f"R{n}") for n, each in enumerate(invoices)]
    for act, number in acts:
        lines = list(account.lines.order_by("pk"))
        line = lines[number % len(lines)] if lines else None
        with suppress(ValidationError):
            if act == "load":
                load(account, known[: number + 1])
            elif act == "match":
                match_some([each.pk for each in lines])
            elif line and act == "accept":
                accept_line(line=line, on=TODAY)
            elif line and act == "back":
                take_back(line=line, reason="Back", on=TODAY)
            elif line:
                park_line(line=line, reason="Later", on=TODAY)
    sums = account.lines.filter(state="applied").aggregate(sum=Sum("amount"))["sum"] or 0
    standing = Payment.objects.standing().filter(bank_part__line__account=account)
    assert sums == (standing.aggregate(sum=Sum("amount"))["sum"] or 0)
    assert account.lines.count() <= 6
    for invoice in invoices:
        invoice.refresh_from_db()
        assert invoice.settled in (0, invoice.total)
