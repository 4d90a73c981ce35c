"""The pages, files and command of the journal, and the pages on which periods are closed and reopened."""

import re
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.utils import timezone

from billing.models import LedgerAccount, PeriodClosing
from billing.periods.work import seal_all
from billing.tests.factories import make_invoice, make_payment
from customerflow.staff.roles import BILLING, MANAGER
from customerflow.staff.tests.factories import make_user

pytestmark = pytest.mark.django_db
MARCH = "first=2026-03-01&last=2026-03-31"


@pytest.fixture
def manager(client):
    client.force_login(make_user(MANAGER))
    return client


def lines(response) -> list[str]:
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


def test_each_sum_of_the_journal_opens_its_postings(manager):
    make_payment("15.00", customer=make_invoice("10.00").customer)
    page = manager.get(f"/journal/?{MARCH}")
    sums = {each.account.number: (each, address) for each, address in page.context["sums"]}
    assert page.context["debit"] == page.context["credit"] == Decimal("35.00")
    assert set(sums) == {"1010", "1200", "1700", "4050"}
    for each, address in sums.values():
        rows = manager.get(address).context["page"].rows
        assert sum(row.posting.debit for row in rows) == each.debit
        assert sum(row.posting.credit for row in rows) == each.credit


def test_the_postings_are_taken_as_csv_as_a_workbook_and_from_the_command(manager, tmp_path):
    make_payment("15.00", customer=make_invoice("10.00").customer)
    csv = lines(manager.get(f"/journal/?{MARCH}&export=csv"))
    assert (len(csv), csv[0]) == (7, "Day,What,Document,Customer,Account,Name,Debit,Credit")
    assert csv == lines(manager.get(f"/journal/postings/?{MARCH}&export=csv"))
    book = ZipFile(BytesIO(b"".join(manager.get(f"/journal/?{MARCH}&export=xlsx").streaming_content)))
    assert len(re.findall("<row ", book.read("xl/worksheets/sheet1.xml").decode())) == 7
    call_command("journal", "2026-03-01", "2026-03-31", csv=str(tmp_path / "journal.csv"))
    assert (tmp_path / "journal.csv").read_text().splitlines() == csv
    call_command("journal", "2026-03-01", "2026-03-31", stdout=(said := StringIO()))
    assert "1200\tReceivables\t10.00\t10.00" in said.getvalue()


def test_pages_of_postings_take_few_queries_however_many_there_are(manager, django_assert_max_num_queries):
    for _number in range(4):
        make_payment("15.00", customer=make_invoice("10.00").customer)
    with django_assert_max_num_queries(14):
        assert len(manager.get("/journal/postings/?size=25").context["page"].rows) == 24
    assert manager.get("/journal/postings/?sort=-day&kind=c_payment").context["page"].count == 8


@pytest.mark.parametrize("address", ["first=2026-04-01&last=2026-03-01", "first=yesterday"])
def test_a_wrong_day_says_so_and_shows_nothing(manager, address):
    assert "sums" not in manager.get(f"/journal/?{address}").context
    assert manager.get(f"/journal/postings/?{address}").context["problems"]


def test_a_period_is_closed_on_its_page_and_reopened_with_a_reason(manager):
    day = timezone.localdate() - timedelta(days=1)
    page = manager.post("/closed-periods/close/", {"last_day": day}, follow=True)
    closing = PeriodClosing.objects.get()
    assert "Closed:" in page.content.decode()
    assert (closing.last_day, closing.closed_by) == (day, page.context["user"])
    assert seal_all() == 1
    again = manager.post("/closed-periods/close/", {"last_day": day})
    assert "closed up to" in str(again.context["form"].errors)
    manager.post(f"/closed-periods/{closing.pk}/reopen/", {"reason": "An invoice is missing"})
    closing.refresh_from_db()
    assert closing.reopen_reason == "An invoice is missing"


def test_who_records_payments_reads_the_journal_and_closes_nothing(client):
    client.force_login(make_user(BILLING))
    assert client.get("/journal/").status_code == 200
    assert client.post("/closed-periods/close/", {"last_day": date(2026, 1, 1)}).status_code == 403


def test_an_account_is_renumbered_and_from_a_closed_day_on_only_by_a_later_one(manager):
    account, _is_new = LedgerAccount.objects.get_or_create(
        place="credit", defaults={"number": "1700", "name": "Credit"}
    )
    values = {"place": "credit", "number": "1750", "name": "Prepaid", "from_day": "", "version": account.version}
    manager.post(f"/ledger-accounts/{account.pk}/edit/", values)
    account.refresh_from_db()
    assert account.number == "1750"
    PeriodClosing.objects.create(last_day=date(2026, 3, 31), closed_on=date(2026, 4, 1))
    refused = manager.post(f"/ledger-accounts/{account.pk}/edit/", values | {"version": account.version})
    assert "add an account from a later day on" in refused.content.decode()
    manager.post("/ledger-accounts/new/", values | {"from_day": "2026-04-01"})
    assert LedgerAccount.objects.filter(place="credit").count() == 2
