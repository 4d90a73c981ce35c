"""The pages of the bank, as the person at the desk goes through them."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from bank.matching import match_lines
from bank.models import BankAccount, Collection, CsvProfile, Mandate, Statement, StatementLine
from bank.tests.factories import IBAN, PAYER, make_bank_account, make_line, make_line_payment
from bank.waiting_files import prune_files
from billing.models import Payment
from billing.tests.factories import ISSUED_ON, make_invoice
from customerflow.loads.pruning import DRAFTS_KEPT
from customerflow.staff.roles import BILLING, MANAGER
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer

FILES = Path(__file__).parent / "files"
pytestmark = pytest.mark.django_db
QUEUE = "/bank-lines/?state=open"


@pytest.fixture
def clerk(client):
    client.force_login(make_user(BILLING))
    return client


def sent(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (FILES / name).read_bytes())


def open_line(amount: str = "59.99", **fields) -> StatementLine:
    line = make_line(amount, **fields)
    match_lines([line])
    line.save()
    return line


def test_a_statement_is_sent_looked_at_and_what_is_sure_is_accepted(clerk, account):
    invoice = make_invoice("59.99", on=ISSUED_ON)
    assert invoice.number == "2026-000001"
    page = clerk.post(reverse("bank:statement_create"), {"file": sent("camt02.xml")}, follow=True)
    assert "4 new lines." in page.content.decode()
    assert "Accept 1 sure line" in page.content.decode()
    again = clerk.post(reverse("bank:statement_create"), {"file": sent("camt02.xml")}, follow=True)
    assert "loaded before" in again.content.decode()
    preview = clerk.get(reverse("bank:lines_sure"))
    assert "1 line, 59.99 in all" in preview.content.decode()
    clerk.post(reverse("bank:lines_sure"), {"up_to": StatementLine.objects.latest("pk").pk})
    assert Payment.objects.get().customer == invoice.customer


def test_a_broken_file_is_refused_on_the_page_with_its_line(clerk, account):
    file = SimpleUploadedFile("b.xml", (FILES / "camt02.xml").read_bytes().replace(b">40.00<", b">4x<"))
    page = clerk.post(reverse("bank:statement_create"), {"file": file})
    assert "b.xml, line" in page.content.decode()
    assert not Statement.objects.exists()


def test_csv_is_asked_about_once_with_a_preview_and_then_loaded(client):
    client.force_login(make_user(MANAGER))
    account = make_bank_account()
    page = client.post(
        reverse("bank:statement_create"), {"file": sent("german.csv"), "account": account.pk}, follow=True
    )
    text = page.content.decode()
    assert "Ann Müller" in text
    assert "-1,040.00" in text
    form = page.context["form"]
    typed = {field.html_name: field.value() or "" for field in form.visible_fields()}
    wrong = client.post(reverse("bank:csv_columns", args=[account.pk]), typed | {"decimal_sign": ".", "preview": "1"})
    assert "is not an amount" in wrong.content.decode()
    page = client.post(reverse("bank:csv_columns", args=[account.pk]), typed, follow=True)
    assert "2 new lines." in page.content.decode()
    assert BankAccount.objects.get().csv_profile == CsvProfile.objects.get()
    again = client.post(
        reverse("bank:statement_create"), {"file": sent("german.csv"), "account": account.pk}, follow=True
    )
    assert "loaded before" in again.content.decode()
    assert client.get(reverse("bank:csv_columns", args=[account.pk])).status_code == 302


def test_a_file_that_nobody_said_how_to_read_is_forgotten_after_a_while(client):
    client.force_login(make_user(MANAGER))
    account = make_bank_account()
    prune_files(timezone.now())
    client.post(reverse("bank:statement_create"), {"file": sent("german.csv"), "account": account.pk})
    columns = reverse("bank:csv_columns", args=[account.pk])
    assert prune_files(timezone.now()) == 0
    assert client.get(columns).status_code == 200
    assert prune_files(timezone.now() + DRAFTS_KEPT) == 1
    assert client.get(columns).url == reverse("bank:statement_create")
    assert prune_files(timezone.now() + DRAFTS_KEPT) == 0


def test_one_click_in_the_queue_accepts_and_stays_there(clerk):
    invoice = make_invoice("59.99")
    line = open_line(text=invoice.number)
    page = clerk.get(QUEUE).content.decode()
    assert f'value="{line.pk}"' in page
    assert invoice.number in page
    answer = clerk.post(reverse("bank:line_accept"), {"line": line.pk, "next": QUEUE})
    assert (answer.status_code, answer.url) == (302, QUEUE)
    assert Payment.objects.count() == 1
    answer = clerk.post(reverse("bank:line_accept"), {"line": line.pk, "next": "//evil.example/"}, follow=True)
    assert "not waiting any more" in answer.content.decode()


def test_behind_each_line_comes_the_next_open_one(clerk):
    first, second = open_line(text=make_invoice("59.99").number), open_line(text=make_invoice("59.99").number)
    page = clerk.get(first.get_absolute_url()).content.decode()
    assert f'href="{second.get_absolute_url()}" data-key="n"' in page
    answer = clerk.post(reverse("bank:line_accept"), {"line": first.pk})
    assert answer.url == second.get_absolute_url()


def test_another_customer_is_chosen_with_what_is_open_in_sight(clerk):
    invoice, line = make_invoice("59.99"), open_line()
    address = reverse("bank:line_assign", args=[line.pk])
    page = clerk.get(f"{address}?customer={invoice.customer.number}").content.decode()
    assert invoice.number in page
    clerk.post(address, {"customer": invoice.customer.number, "invoices": [invoice.pk]})
    assert Payment.objects.get().allocations.get().invoice == invoice


def test_a_line_is_split_parked_ignored_and_taken_back_on_its_pages(clerk):
    first, second, line = make_invoice("10.00"), make_invoice("20.00"), open_line("30.00")
    rows = {"parts-TOTAL_FORMS": 4, "parts-INITIAL_FORMS": 0}
    for number, each in enumerate((first, second)):
        rows |= {f"parts-{number}-customer": each.customer.number, f"parts-{number}-amount": str(each.total)}
    split = reverse("bank:line_split", args=[line.pk])
    assert clerk.get(split).status_code == 200
    wrong = clerk.post(split, rows | {"parts-1-amount": "19.00"})
    assert "The parts come to 29.00" in wrong.content.decode()
    clerk.post(split, rows)
    assert Payment.objects.count() == 2
    clerk.post(reverse("bank:line_take_back", args=[line.pk]), {"reason": "Wrong"})
    clerk.post(reverse("bank:line_park", args=[line.pk]), {"reason": "Ask"})
    clerk.post(reverse("bank:line_ignore", args=[line.pk]), {"reason": "Interest"})
    line.refresh_from_db()
    assert (line.state, line.reason, Payment.objects.standing().count()) == ("ignored", "Interest", 0)


def test_a_return_that_names_nothing_is_proposed_and_taken_with_one_click(clerk):
    invoice = make_invoice("59.99")
    part = make_line_payment(amount="59.99", customer=invoice.customer)
    line = open_line("-59.99", text=f"RETURN {invoice.number}", return_code="AC04")
    assert f'value="part-{part.pk}"' in clerk.get(line.get_absolute_url()).content.decode()
    clerk.post(reverse("bank:line_return", args=[line.pk]), {"payment": f"part-{part.pk}"})
    part.payment.refresh_from_db()
    assert part.payment.is_reversed


def test_a_return_of_which_nothing_is_known_is_chosen_among_the_payments_of_a_customer(clerk):
    part = make_line_payment(amount="59.99", customer=make_customer(number="K-77"))
    line = open_line("-59.99", state="ignored", reason="Outgoing")
    page = reverse("bank:line_return", args=[line.pk])
    assert page in clerk.get(line.get_absolute_url()).content.decode()
    offered = clerk.post(page, {"customer": "K-77"}).content.decode()
    assert "Choose the payment" in offered
    assert f'value="part-{part.pk}"' in offered
    wrong = clerk.post(page, {"customer": "K-77", "payment": "part-0"})
    assert wrong.status_code == 200
    clerk.post(page, {"customer": "K-77", "payment": f"part-{part.pk}"})
    line.refresh_from_db()
    assert (line.state, line.customer) == ("applied", part.payment.customer)


def test_lines_are_matched_anew_with_a_click(clerk):
    line = open_line(text="K-77")
    make_invoice("59.99", customer=make_customer(number="K-77"))
    clerk.post(reverse("bank:lines_match"))
    line.refresh_from_db()
    assert line.level == "sure"


def test_a_mandate_and_a_collection_go_their_way_on_the_pages(clerk):
    customer, today = make_customer(), timezone.localdate()
    invoice = make_invoice("59.99", customer=customer, on=today)
    form = {"customer": customer.number, "reference": "M-9", "holder": "Ann", "iban": PAYER, "signed_on": "2026-01-02"}
    clerk.post(reverse("bank:mandate_create"), form)
    mandate = Mandate.objects.get()
    assert "M-9" in clerk.get(customer.get_absolute_url()).content.decode()
    days = {"collect_on": today + timedelta(days=20), "due_up_to": today + timedelta(days=20)}
    page = clerk.post(reverse("bank:collection_create"), days, follow=True)
    assert invoice.number in page.content.decode()
    collection = Collection.objects.get()
    for act in ("confirm", "collect"):
        clerk.post(reverse(f"bank:collection_{act}", args=[collection.pk]))
    assert not Payment.objects.exists()
    file = clerk.get(reverse("bank:collection_file", args=[collection.pk]))
    assert mandate.reference.encode() in file.content
    Collection.objects.update(collect_on=today)
    clerk.post(reverse("bank:collection_collect", args=[collection.pk]))
    collection.refresh_from_db()
    assert (collection.state, Payment.objects.get().amount) == ("collected", Decimal("59.99"))
    clerk.post(reverse("bank:mandate_revoke", args=[mandate.pk]), {"reason": "Asked for"})
    mandate.refresh_from_db()
    assert mandate.state == "revoked"


def test_the_queue_takes_as_many_queries_for_many_lines_as_for_one(clerk, django_assert_max_num_queries):
    for _ in range(12):
        open_line(text=make_invoice("59.99").number)
    with django_assert_max_num_queries(16):
        clerk.get(QUEUE)


def test_an_account_is_kept_with_the_plain_form_of_its_iban(client):
    client.force_login(make_user(MANAGER))
    client.post(reverse("bank:bankaccount_create"), {"name": "Main", "iban": "AT61 1904 3002 3457 3201"})
    assert BankAccount.objects.get().iban == IBAN
    page = client.post(reverse("bank:bankaccount_create"), {"name": "Other", "iban": "AT62 1904 3002 3457 3201"})
    assert "is no IBAN" in page.content.decode()
