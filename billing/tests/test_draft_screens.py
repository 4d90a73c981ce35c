"""Drafts of invoices on the screens, as staff use them."""

import re
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from billing.documents.content import content_of_draft, content_of_invoice
from billing.drafts.drafting import change_draft, issue_draft, outlook_of
from billing.invoices import issue_invoice, void_invoice
from billing.lines import Line
from billing.models import Invoice
from billing.snapshots import snapshot_of
from billing.tests.factories import TODAY, make_draft, make_invoice
from billing.tests.test_screens import messages_of, text_of
from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import recording
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customerflow.tests.sending import NAUGHTY, sent_by
from customers.tests.factories import make_customer, make_location, make_service, make_tax_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def page_of(name, record):
    return reverse(f"billing:draft_{name}", args=[record.pk])


def typed(*lines: dict, rows: int | None = None, **fields) -> dict[str, object]:
    """Return what a browser sends of the form with these rows, and empty ones below."""
    sent = {"issued_on": "2026-03-31", "due_on": "", "note": "", "key": str(uuid4()), **fields}
    rows = rows or len(lines) + 2
    sent |= {"lines-TOTAL_FORMS": rows, "lines-INITIAL_FORMS": 0}
    empty = {"description": "", "quantity": "1", "unit_price": "", "service": "", "tax_code": ""}
    for number in range(rows):
        row = empty | (lines[number] if number < len(lines) else {})
        sent |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return sent


VISIT = {"description": "Visit", "unit_price": "1,030.50", "quantity": "2"}


def test_staff_make_a_draft_from_the_page_of_a_customer(clerk):
    customer = make_customer(payment_terms=14)
    service, code = make_service(location=make_location(customer=customer)), make_tax_code("20")
    address = page_of("create", customer)
    assert f'href="{address}"' in text_of(clerk.get(customer.get_absolute_url()))
    row = VISIT | {"service": service.pk, "tax_code": code.pk, "first_day": "2026-03-01", "last_day": "2026-03-02"}
    answer = clerk.post(address, typed({}, row, note="As agreed"), follow=True)
    draft = Invoice.objects.get()
    assert (draft.status, draft.total, draft.note, str(draft.due_on)) == (
        "draft",
        Decimal("2473.20"),
        "As agreed",
        "2026-04-14",
    )
    line = draft.lines.get()
    assert (line.service, line.tax_code, line.quantity, str(line.last_day)) == (service, code, 2, "2026-03-02")
    page = text_of(answer)
    assert "Draft: not on the books." in page
    assert "Undo" in page
    assert "2,473.20" in page
    assert "2,061.00" in page
    for name in ("edit", "issue", "discard", "preview"):
        assert f'href="{page_of(name, draft)}"' in page


def test_a_new_invoice_is_saved_and_issued_in_one_go_once_however_often_it_is_sent(clerk):
    customer = make_customer()
    sent = typed(VISIT, issued_on="2026-05-01") | {"issue": "now"}
    for _time in range(2):
        answer = clerk.post(page_of("create", customer), sent, follow=True)
        assert ">2026-000001</a>." in messages_of(answer)[0]
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.issued_on) == ("issued", TODAY)


def test_rows_come_and_go_without_a_script_and_what_was_typed_stays(clerk):
    customer = make_customer()
    address = page_of("create", customer)
    sent = typed({"description": "<b>One", "unit_price": "x"}, {"description": "Two", "unit_price": "2"}, note="Hm")
    more = clerk.post(address, sent | {"rows": "more"})
    page = text_of(more)
    assert more.context["rows"].total_form_count() == 5 + 2
    assert 'action="?rows=7"' in page
    assert "&lt;b&gt;One" in page
    assert 'value="Hm"' in page
    assert "error-summary" not in page
    fewer = clerk.post(address, sent | {"rows": "drop-0"})
    assert next(row["description"].value() for row in fewer.context["rows"]) == "Two"
    assert fewer.context["form"]["key"].value() == sent["key"]
    assert clerk.get(f"{address}?rows=12").context["rows"].total_form_count() == 12
    assert not Invoice.objects.exists()


def test_the_last_row_is_emptied_when_it_is_dropped(clerk):
    sent = typed(VISIT, rows=1) | {"rows": "drop-0"}
    rows = clerk.post(page_of("create", make_customer()), sent).context["rows"]
    assert [row["description"].value() for row in rows] == [None]


def test_what_is_wrong_in_a_row_is_said_at_its_field_and_nothing_is_saved(clerk):
    rows = [{"description": "Visit", "unit_price": "x", "quantity": "0"}, {"unit_price": "5"}]
    page = re.sub(r"\s+", " ", text_of(clerk.post(page_of("create", make_customer()), typed(*rows))))
    assert '<a href="#id_lines-0-unit_price">Line 1, Unit price</a>' in page
    assert '<a href="#id_lines-0-quantity">Line 1, Quantity</a>' in page
    assert '<a href="#id_lines-1-description">Line 2, Description</a>' in page
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "A document has one line at least."),
        ([VISIT | {"unit_price": "-1"}], "It comes to less than zero"),
        ([VISIT | {"first_day": "2026-03-02", "last_day": "2026-03-01"}], "the last day is before the first"),
        ([VISIT | {"service": "999999"}], "Select a valid choice"),
    ],
)
def test_an_invoice_that_cannot_be_is_refused_with_what_was_typed(clerk, rows, words):
    page = text_of(clerk.post(page_of("create", make_customer()), typed(*rows, note="Kept")))
    assert words in page
    assert 'value="Kept"' in page
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("value", NAUGHTY)
def test_whatever_is_sent_the_form_answers(clerk, value):
    sent = typed(VISIT)
    for name in ("lines-TOTAL_FORMS", "lines-0-quantity", "lines-0-unit_price", "key", "rows", "issued_on"):
        assert clerk.post(page_of("create", make_customer()), sent | {name: value}).status_code in {200, 302}
    assert clerk.get(page_of("create", make_customer()), {"rows": value}).status_code == 200


def test_more_lines_than_a_form_may_have_are_refused(clerk):
    page = clerk.post(page_of("create", make_customer()), typed(*[VISIT] * 101, rows=101))
    assert "at most 100 forms" in text_of(page)
    assert not Invoice.objects.exists()


def test_an_invoice_written_by_hand_is_copied_to_a_draft_and_one_of_a_billing_run_is_not(clerk):
    draft = make_draft("10.00", "20.00")
    invoice = issue_draft(draft=draft, on=TODAY)
    void_invoice(invoice=invoice, reason="A slip", on=TODAY)
    address = f"{page_of('create', invoice.customer)}?like={invoice.pk}"
    assert f'href="{address}"' in text_of(clerk.get(invoice.get_absolute_url()))
    rows = clerk.get(address).context["rows"]
    assert [row["unit_price"].value() for row in rows] == ["10.00", "20.00", None]
    assert clerk.get(f"{page_of('create', make_customer())}?like={invoice.pk}").context["rows"].initial == []
    cycle = {"cycle_first": date(2026, 3, 1), "cycle_last": TODAY, "kind": "recurring"}
    lines = [Line(description="Fibre 500", unit_price=Decimal(50), **cycle)]
    billed = issue_invoice(customer=invoice.customer, lines=lines, on=TODAY)
    assert "Copy to a draft" not in text_of(clerk.get(billed.get_absolute_url()))


# --- Editing


def test_a_draft_is_edited_with_what_it_holds(clerk):
    draft = make_draft("10.00", "20.00", customer=make_customer(payment_terms=14))
    page = clerk.get(page_of("edit", draft))
    sent = sent_by(page)
    assert (sent["lines-1-unit_price"], sent["due_on"], sent["version"]) == (["20.00"], [""], ["1"])
    clerk.post(page_of("edit", draft), {**sent, "lines-1-unit_price": "25.00", "issued_on": "2026-04-02"})
    draft.refresh_from_db()
    assert (draft.total, str(draft.issued_on), str(draft.due_on)) == (35, "2026-04-02", "2026-04-16")


def test_an_edit_of_a_draft_that_a_colleague_changed_is_refused_and_shows_what_is_stored(clerk):
    draft = make_draft("10.00")
    sent = sent_by(clerk.get(page_of("edit", draft)))
    hers = Line(description="Her words", unit_price=Decimal("10.00"))
    with recording("Hers", by=make_user(username="ann")):
        change_draft(draft=draft, lines=[hers], on=TODAY)
    mine = {**sent, "lines-0-description": "My words"}
    answer = clerk.post(page_of("edit", draft), mine)
    page = text_of(answer)
    assert "A colleague changed this while you were looking at it" in page
    assert "ann, " in page
    assert "Her words" in page
    assert sent_by(answer)["lines-0-description"] == ["My words"]
    assert draft.lines.get().description == "Her words"
    clerk.post(page_of("edit", draft), sent_by(answer))
    assert draft.lines.get().description == "My words"


def test_rows_that_come_and_go_do_not_make_an_old_page_new(clerk):
    draft = make_draft("10.00")
    sent = sent_by(clerk.get(page_of("edit", draft)))
    change_draft(draft=draft, lines=[Line(description="Hers", unit_price=Decimal("10.00"))], on=TODAY)
    page = clerk.post(page_of("edit", draft), {**sent, "rows": "more"})
    assert sent_by(page)["version"] == ["1"]


def test_an_edit_that_is_sent_twice_is_done_once(clerk):
    draft = make_draft("10.00")
    sent = {**sent_by(clerk.get(page_of("edit", draft))), "lines-0-description": "Other"}
    assert clerk.post(page_of("edit", draft), sent).status_code == 302
    again = clerk.post(page_of("edit", draft), sent)
    assert "You changed this yourself since you opened this page" in text_of(again)
    draft.refresh_from_db()
    assert draft.version == 2


def test_what_is_issued_has_no_pages_of_a_draft_and_refuses_what_is_sent_there(clerk):
    draft = make_draft()
    sent = sent_by(clerk.get(page_of("edit", draft)))
    issue_draft(draft=draft, on=TODAY)
    for name in ("edit", "issue", "discard", "preview"):
        answer = clerk.get(page_of(name, draft), follow=True)
        assert "It is no draft any more" in text_of(answer)
        assert "Draft: not on the books." not in text_of(answer)
    page = text_of(clerk.post(page_of("edit", draft), {**sent, "lines-0-description": "Late"}))
    assert "2026-000001" in page
    assert clerk.post(page_of("discard", draft)).status_code == 200
    assert Invoice.objects.get().lines.get().description == "Work 30.00"


def test_an_edit_of_a_draft_that_a_colleague_discarded_gives_back_what_was_typed(clerk):
    draft = make_draft()
    sent = {**sent_by(clerk.get(page_of("edit", draft))), "lines-0-description": "My words"}
    clerk.post(page_of("discard", draft))
    answer = clerk.post(page_of("edit", draft), sent)
    assert answer.status_code == 404
    assert "My words" in text_of(answer)


# --- Issuing and discarding


def test_the_page_of_issuing_says_what_it_comes_to_today_and_issues_no_other_sum(clerk):
    code = make_tax_code("20")
    draft = make_draft(customer=make_customer(payment_terms=14))
    change_draft(draft=draft, lines=[Line(description="Work", unit_price=Decimal(100), tax_code=code)], on=TODAY)
    page = clerk.get(page_of("issue", draft))
    assert "120.00" in text_of(page)
    assert "2026-04-14" in text_of(page)
    code.rates.update(percent=Decimal(25))
    refused = clerk.post(page_of("issue", draft), sent_by(page))
    assert "It comes to 125.00 by now" in text_of(refused)
    assert Invoice.objects.get().status == "draft"
    clerk.post(page_of("issue", draft), sent_by(refused))
    assert (Invoice.objects.get().number, Invoice.objects.get().total) == ("2026-000001", 125)


def test_a_due_day_that_was_named_stays_and_one_that_is_over_is_refused(clerk):
    draft = make_draft(due_on=TODAY)
    assert sent_by(clerk.get(page_of("issue", draft)))["due_on"] == ["2026-03-31"]
    refused = clerk.post(page_of("issue", draft), {"due_on": "2026-03-30"})
    assert "cannot be due before the day it is issued" in text_of(refused)
    clerk.post(page_of("issue", draft), {"due_on": "2026-03-31"})
    assert Invoice.objects.get().due_on == TODAY


def test_a_draft_whose_tax_code_lost_its_rate_says_so_on_every_page(clerk):
    code = make_tax_code("20")
    draft = make_draft()
    change_draft(draft=draft, lines=[Line(description="Work", unit_price=Decimal(1), tax_code=code)], on=TODAY)
    code.rates.all().delete()
    for address in (draft.get_absolute_url(), page_of("issue", draft)):
        assert "has no rate yet" in text_of(clerk.get(address))
    assert "has no rate yet" in text_of(clerk.get(page_of("preview", draft), follow=True))
    assert "has no rate yet" in text_of(clerk.post(page_of("issue", draft), {"due_on": ""}))


def test_a_discarded_draft_comes_back_by_undo(clerk):
    draft = make_draft()
    answer = clerk.post(page_of("discard", draft), follow=True)
    assert not Invoice.objects.exists()
    undo_url = reverse("changes:changeset_undo", args=[ChangeSet.objects.latest("pk").pk])
    assert f'href="{undo_url}"' in text_of(answer)
    clerk.post(undo_url)
    assert Invoice.objects.get().lines.count() == 1


def test_the_preview_is_a_pdf_that_is_marked_and_not_kept(clerk):
    draft = make_draft(note="As agreed")
    answer = clerk.get(page_of("preview", draft))
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert not draft.documents.exists()
    assert clerk.post(reverse("billing:invoice_pdf", args=[draft.pk])).status_code == 302
    assert not draft.documents.exists()


def test_the_letter_says_that_it_is_a_draft_and_of_the_invoice_only_the_note_stays():
    draft = make_draft("30.00", customer=make_customer(name="Ann Smith"), note="As agreed")
    outlook = outlook_of(draft, TODAY)
    letter = content_of_draft(draft, snapshot_of(draft.customer), outlook.taxes, outlook.total)
    assert (letter["mark"], letter["opening"], letter["recipient"][0]) == ("DRAFT", "As agreed", "Ann Smith")
    assert letter["total"] == ("Total", "30.00 USD")
    issued = content_of_invoice(issue_draft(draft=draft, on=TODAY))
    assert (issued["mark"], issued["opening"], issued["rows"]) == ("", "As agreed", letter["rows"])


# --- Where drafts are seen


def test_drafts_that_wait_are_named_on_the_home_page_and_the_list_of_invoices(clerk):
    make_invoice()
    assert "Drafts of invoices" not in text_of(clerk.get(reverse("home")))
    draft = make_draft()
    assert "Drafts of invoices" in text_of(clerk.get(reverse("home")))
    page = clerk.get(reverse("billing:invoice_list"))
    assert 'href="?status=draft"' in text_of(page)
    rows = clerk.get(reverse("billing:invoice_list"), {"status": "draft"}).context["page"].rows
    assert list(rows) == [draft]


def test_a_draft_is_no_match_where_an_invoice_is_chosen_by_its_number(clerk):
    draft = make_draft()
    answer = clerk.get(reverse("billing:invoice_lookup"), {"q": str(draft.pk)})
    assert answer.json() == {"results": []}


def test_support_sees_a_draft_and_may_do_nothing_to_it(client):
    client.force_login(make_user(SUPPORT), backend="customerflow.staff.backends.GroupsBackend")
    draft = make_draft()
    page = text_of(client.get(draft.get_absolute_url()))
    assert "Draft: not on the books." in page
    for name in ("edit", "issue", "discard"):
        assert page_of(name, draft) not in page
        assert client.post(page_of(name, draft)).status_code == 403
    assert client.get(page_of("create", draft.customer)).status_code == 403
