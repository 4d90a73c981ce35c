"""The queue of bank lines by keys alone, from the list and from the pages of its lines."""

from playwright.sync_api import Page, expect

from bank.matching import match_lines
from bank.models import StatementLine
from bank.tests.factories import make_line, make_line_payment
from billing.tests.factories import make_invoice


def waiting(amount: str = "59.99", **fields) -> StatementLine:
    line = make_line(amount, **fields)
    match_lines([line])
    line.save()
    return line


def test_the_queue_is_worked_through_by_keys_alone(staff: Page):
    part = make_line_payment(amount="59.99")
    lines = [waiting(text=make_invoice("59.99").number) for _ in range(2)]
    lines += [waiting(text="Interest"), waiting(text="Ask"), waiting(text="Two pay")]
    lines.append(waiting("-59.99", text=part.payment.customer.number, return_code="AC04"))
    staff.goto("/bank-lines/?state=open")
    rows = staff.locator("main tr[data-href]")
    staff.keyboard.press("j")
    staff.keyboard.press("a")
    expect(rows).to_have_count(5)
    expect(rows.nth(0)).to_be_focused()
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("button", name="Accept")).to_be_visible()
    staff.keyboard.press("a")
    expect(staff.get_by_text("Interest")).to_be_visible()
    staff.keyboard.press("i")
    expect(staff.get_by_label("Reason")).to_be_focused()
    staff.keyboard.type("Interest of the bank")
    staff.keyboard.press("Enter")
    expect(staff.get_by_text("Ask", exact=True)).to_be_visible()
    staff.keyboard.press("p")
    expect(staff.get_by_label("Reason")).to_be_focused()
    staff.keyboard.type("Ask them")
    staff.keyboard.press("Enter")
    expect(staff.get_by_text("Two pay")).to_be_visible()
    staff.keyboard.press("s")
    expect(staff.get_by_role("heading", name="Split this line")).to_be_visible()
    staff.goto(lines[4].get_absolute_url())
    staff.keyboard.press("w")
    expect(staff.get_by_role("combobox", name="Customer")).to_be_focused()
    staff.goto(lines[5].get_absolute_url())
    staff.keyboard.press("b")
    expect(staff.get_by_role("radio").first).to_be_focused()
    staff.keyboard.press("Space")
    staff.keyboard.press("Enter")
    expect(staff.get_by_text("Returned: ")).to_be_visible()
    states = [StatementLine.objects.get(pk=line.pk).state for line in lines]
    assert states == ["applied", "applied", "ignored", "parked", "open", "applied"]
