"""What becomes of e-mails: each is taken once, joins its ticket, opens one, waits for a person, or is left aside."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from customerflow.hub.erasing import erase_customer
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customerflow.storage import documents
from customerflow.tests.threads import at_once
from customers.models import Customer
from customers.registration import close_customer
from customers.tests.factories import make_contact, make_customer
from tickets.desk import change_status
from tickets.mail.fetching import _once
from tickets.mail.receiving import MOST_AN_HOUR, dismiss_mail, receive, sort_mail
from tickets.merging import merge_tickets
from tickets.models import Attachment, IncomingMail, Message, StaffNotice, Ticket, TicketEmail
from tickets.notices import deliver_due as deliver_notices
from tickets.tests.factories import (
    OPENED_AT,
    PNG,
    make_colleague,
    make_incoming_mail,
    make_mail,
    make_staff_notice,
    make_ticket,
    make_ticket_email,
    make_ticket_type,
    returned_mail,
)

pytestmark = pytest.mark.django_db
State = IncomingMail.State


@pytest.fixture(autouse=True)
def ours(settings) -> None:
    settings.SUPPORT_EMAIL = "support@example.net"


@pytest.fixture
def ann(db) -> Customer:
    make_ticket_type(code="1", name="Fault")
    return make_customer(name="Ann Example", email="Ann@Example.com")


@pytest.fixture
def clerk(client) -> Client:
    client.force_login(make_user(SUPPORT))
    return client


def sent_email() -> TicketEmail:
    email = make_ticket_email()
    email.state, email.sent_at = TicketEmail.State.SENT, OPENED_AT
    email.save()
    return email


def take(**fields) -> IncomingMail:
    return make_incoming_mail(**fields)


def test_new_mail_becomes_a_ticket_of_the_customer_with_the_address(ann: Customer):
    mail = take(headers={"Subject": "No light"}, body="It is dark.", files={"router.png": PNG, "a.exe": b"MZ"})
    ticket = ann.tickets.get()
    message = ticket.messages.get()
    assert (mail.state, mail.message, mail.reason) == (State.OPENED, message, "")
    assert (ticket.subject, ticket.source, ticket.status) == ("No light", Ticket.Source.EMAIL, Ticket.Status.NEW)
    assert (message.body, message.author, message.kind) == ("It is dark.", None, Message.Kind.PUBLIC)
    kept, refused = message.attachments.all()
    assert (kept.name, kept.content()) == ("router.png", PNG)
    assert (refused.name, refused.file.name) == ("a.exe", "")
    assert "not kept" in refused.refused


def test_the_address_of_a_contact_counts(ann: Customer):
    make_contact(customer=ann, email="bob@example.com")
    assert take(headers={"From": "Bob <BOB@example.com>"}).message.ticket.customer == ann


def test_the_type_of_such_tickets_is_set_or_the_first(ann: Customer, settings):
    settings.MAIL_TICKET_TYPE = make_ticket_type(code="9").code
    assert take().message.ticket.type.code == "9"
    settings.MAIL_TICKET_TYPE = ""
    assert take().message.ticket.type.code == "1"


def test_an_answer_joins_the_ticket_that_it_answers_whoever_sends_it_and_opens_it(ann: Customer):
    email = make_ticket_email(ticket=make_ticket(customer=ann))
    ticket = email.message.ticket
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=OPENED_AT)
    said = "Thank you!\n\nOn Mon, 2 Mar 2026 at 10:00, Example Net wrote:\n> On our way."
    mail = take(headers={"From": "ann@work.example", "In-Reply-To": email.mail_id, "Subject": "Re: x"}, body=said)
    ticket.refresh_from_db()
    assert (mail.state, mail.message.ticket, mail.message.body) == (State.JOINED, ticket, "Thank you!")
    assert mail.text == said
    assert ticket.status == Ticket.Status.OPEN


def test_an_answer_to_a_ticket_that_was_merged_joins_the_one_that_goes_on(ann: Customer):
    email = make_ticket_email(ticket=make_ticket(customer=ann))
    survivor, merged = make_ticket(customer=ann), email.message.ticket
    merge_tickets(survivor=survivor, duplicate=merged, at=OPENED_AT, by=make_user())
    assert take(headers={"In-Reply-To": email.mail_id}).message.ticket == survivor
    assert take(headers={"Subject": f"Re: [#{merged.number}]"}).message.ticket == survivor


def test_a_number_in_the_subject_counts_for_the_customer_alone(ann: Customer):
    ticket = make_ticket(customer=ann)
    subject = {"Subject": f"AW: No light [#{ticket.number}]"}
    assert take(headers=subject).message.ticket == ticket
    stranger = take(headers={"From": "eve@example.com", **subject})
    assert (stranger.state, stranger.message) == (State.WAITING, None)
    assert stranger.reason == f"It names ticket #{ticket.number}, which is not of the sender."
    make_customer(email="eve@example.com")
    assert take(headers={"From": "eve@example.com", **subject}).state == State.WAITING


def test_the_message_id_of_the_customers_own_mail_counts_for_the_customer_alone(ann: Customer):
    first = take(headers={"Message-ID": "<first@example.com>"})
    more = {"References": "<first@example.com>", "Subject": "And another thing"}
    assert take(headers=more).message.ticket == first.message.ticket
    make_customer(email="eve@example.com")
    assert take(headers={"From": "eve@example.com", **more}).message.ticket != first.message.ticket


@pytest.mark.parametrize("number", [0, 2])
def test_where_nobody_or_several_have_the_address_it_waits_for_a_person(ann: Customer, number: int):
    for _each in range(number):
        make_customer(email="shared@example.com")
    mail = take(headers={"From": "shared@example.com"}, files={"router.png": PNG})
    assert (mail.state, Ticket.objects.count()) == (State.WAITING, 0)
    assert mail.reason == ("Several customers have this address." if number else "No customer has this address.")


def test_who_has_left_does_not_count_beside_who_has_not(ann: Customer):
    gone = make_customer(email="ann@example.com")
    close_customer(customer=gone, last_day=OPENED_AT.date(), on=OPENED_AT.date())
    assert take().message.ticket.customer == ann


def test_without_a_type_it_waits():
    make_customer(email="ann@example.com")
    assert take().reason == "There is no type for tickets that are opened by e-mail."


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X-Auto-Response-Suppress": "All"},
        {"Return-Path": "<>"},
        {"From": "support@example.net"},
        {"From": "MAILER-DAEMON@example.com"},
    ],
)
def test_what_programs_send_is_recorded_opens_no_ticket_and_is_never_answered(ann: Customer, headers: dict, mailoutbox):
    email = make_ticket_email(ticket=make_ticket(customer=ann))
    mail = take(headers={"In-Reply-To": email.mail_id, **headers})
    assert (mail.state, mail.message) == (State.ASIDE, None)
    assert mail.reason
    assert (Ticket.objects.count(), email.message.ticket.messages.count(), mailoutbox) == (1, 1, [])
    assert TicketEmail.objects.get() == email


def test_our_own_message_that_comes_back_is_left_aside(ann: Customer):
    email = make_ticket_email(ticket=make_ticket(customer=ann))
    assert take(headers={"Message-ID": email.mail_id}).reason == "It is from ourselves."


def test_an_answer_that_comes_back_has_failed_and_its_ticket_waits_for_the_customer_no_more(ann: Customer):
    email = sent_email()
    ticket = change_status(ticket=email.message.ticket, status=Ticket.Status.WAITING, at=OPENED_AT)
    report = returned_mail(email.mail_id)
    mail, _is_new = receive(raw=report, at=OPENED_AT)
    assert (mail.state, mail.text, mail.file.name) == (State.ASIDE, "", "")
    assert mail.reason == f"An answer of ours on ticket #{ticket.number} did not arrive."
    email.refresh_from_db(), ticket.refresh_from_db()
    assert (email.state, email.sent_at, email.problem) == ("failed", None, "It came back: 550 5.1.1 No such user")
    assert ticket.status == Ticket.Status.OPEN
    assert receive(raw=report, at=OPENED_AT) == (mail, False)


def test_a_report_about_what_we_did_not_send_changes_nothing(ann: Customer):
    email = sent_email()
    mail, _is_new = receive(raw=returned_mail("<somebody@else>"), at=OPENED_AT)
    assert (mail.state, mail.reason) == (State.ASIDE, "It is a report that an e-mail was not delivered.")
    email.refresh_from_db()
    assert email.state == TicketEmail.State.SENT


def test_a_loop_ends_and_goes_on_an_hour_later(ann: Customer):
    states = [take().state for _each in range(MOST_AN_HOUR + 2)]
    assert states == [State.OPENED] * MOST_AN_HOUR + [State.ASIDE] * 2
    later = receive(raw=make_mail(), at=OPENED_AT + timedelta(minutes=61))[0]
    assert later.state == State.OPENED


def test_the_same_mail_is_taken_once(ann: Customer):
    raw = make_mail()
    first, is_new = receive(raw=raw, at=OPENED_AT)
    again, is_new_again = receive(raw=b"Received: by another way\r\n" + raw, at=OPENED_AT + timedelta(days=3))
    assert (first, is_new, is_new_again) == (again, True, False)
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_take_the_same_mail_at_once_take_it_once():
    make_ticket_type()
    make_customer(email="ann@example.com")
    raw = make_mail()
    results = at_once(lambda _nth: _once(lambda: receive(raw=raw, at=OPENED_AT)), 2)
    assert sorted(is_new for _mail, is_new in results) == [False, True]
    assert (Ticket.objects.count(), Message.objects.count(), IncomingMail.objects.count()) == (1, 1, 1)


def test_what_cannot_be_read_is_on_record_with_the_reason(settings):
    settings.MAIL_LIMIT = 1_000
    mail, is_new = receive(raw=make_mail(body="x" * 2_000), at=OPENED_AT)
    assert (mail.state, is_new, mail.reason) == (State.REFUSED, True, "it has more than 1,000 bytes.")


def test_html_and_scripts_are_never_live_on_the_pages(ann: Customer, clerk: Client):
    raw = (
        b"From: ann@example.com\r\nSubject: <script>alert(1)</script>\r\nContent-Type: text/html\r\n\r\n"
        b"<p>Hello<script>alert(2)</script><img src=x onerror=alert(3)>&lt;script&gt;alert(4)&lt;/script&gt;"
    )
    mail, _is_new = receive(raw=raw, at=OPENED_AT)
    for address in (mail.get_absolute_url(), mail.message.ticket.get_absolute_url()):
        page = clerk.get(address).content.decode()
        assert "<script>alert" not in page
        assert "onerror" not in page
        assert "&lt;script&gt;alert(4)" in page


def test_a_bomb_is_kept_as_it_is_and_not_unpacked(ann: Customer):
    bomb = b"PK\x03\x04" + b"\0" * 1_000
    message = take(files={"bomb.zip": bomb}).message
    assert message.attachments.get().content() == bomb


def test_a_mail_without_text_or_subject_is_taken_too(ann: Customer):
    mail = receive(raw=b"From: ann@example.com\r\n\r\n", at=OPENED_AT)[0]
    assert (mail.message.body, mail.message.ticket.subject) == ("(no text)", "(no subject)")


def test_a_person_chooses_the_customer_and_then_it_is_as_if_it_had_come_so(ann: Customer, clerk: Client):
    mail = take(headers={"From": "eve@example.com"}, files={"router.png": PNG})
    page = clerk.get(mail.get_absolute_url()).content.decode()
    assert "No customer has this address." in page
    clerk.post(reverse("tickets:mail_sort", args=[mail.pk]), {"customer": ann.number})
    mail.refresh_from_db()
    assert (mail.state, mail.message.ticket.customer) == (State.OPENED, ann)
    assert mail.message.attachments.get().name == "router.png"
    assert mail.sorted_by is not None
    page = clerk.post(reverse("tickets:mail_sort", args=[mail.pk]), {"customer": ann.number}).content.decode()
    assert "A colleague has sorted it already." in page
    assert ann.tickets.count() == 1


def test_likely_customers_are_shown(ann: Customer, clerk: Client):
    other = make_customer(name="Ann Other", email="ann@example.com")
    mail = take()
    page = clerk.get(mail.get_absolute_url()).content.decode()
    assert f'value="{ann.number}"' in page
    assert f'value="{other.number}"' in page


def test_a_person_lets_it_join_a_ticket_also_what_was_left_aside(ann: Customer):
    ticket = make_ticket(customer=ann)
    mail = take(headers={"Precedence": "bulk"})
    mail = sort_mail(mail=mail, ticket=ticket, at=OPENED_AT, by=make_user())
    assert (mail.state, mail.message.ticket) == (State.JOINED, ticket)


def test_neither_or_both_of_customer_and_ticket_are_refused(ann: Customer, clerk: Client):
    ticket, mail = make_ticket(customer=ann), take(headers={"From": "eve@example.com"})
    for typed in ({}, {"customer": ann.number, "ticket": ticket.number}):
        page = clerk.post(reverse("tickets:mail_sort", args=[mail.pk]), typed).content.decode()
        assert "Choose a customer" in page


def test_what_is_nobodys_is_dismissed(clerk: Client):
    mail = take(headers={"From": "eve@example.com"})
    clerk.post(reverse("tickets:mail_dismiss", args=[mail.pk]))
    mail.refresh_from_db()
    assert (mail.state, mail.file.name) == (State.DISMISSED, "")
    with pytest.raises(ValidationError, match="already"):
        dismiss_mail(mail=mail, at=OPENED_AT, by=None)


@pytest.mark.django_db(transaction=True)
def test_the_mail_itself_is_kept_only_while_somebody_may_choose():
    mail = take(headers={"From": "eve@example.com"})
    name = mail.file.name
    assert documents().exists(name)
    dismiss_mail(mail=mail, at=OPENED_AT, by=None)
    assert not documents().exists(name)


def test_the_list_shows_what_is_to_be_sorted(ann: Customer, clerk: Client):
    take(headers={"Subject": "Opened one"})
    take(headers={"From": "eve@example.com", "Subject": "To be sorted"})
    page = clerk.get(reverse("tickets:incomingmail_list"), {"state": "waiting", "q": "sorted"}).content.decode()
    assert "To be sorted" in page
    assert "Opened one" not in page


def test_who_may_not_sort_mail_does_not(ann: Customer, client):
    client.force_login(make_user())
    mail = take(headers={"From": "eve@example.com"})
    for name in ("incomingmail_detail", "mail_sort", "mail_dismiss"):
        assert client.get(reverse(f"tickets:{name}", args=[mail.pk])).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_erasing_a_customer_erases_their_mails_also_those_that_wait():
    make_ticket_type()
    ann = make_customer(name="Ann Example", email="ann@example.com")
    opened, waiting = take(files={"router.png": PNG}), take(headers={"Precedence": "bulk"})
    change_status(ticket=opened.message.ticket, status=Ticket.Status.CLOSED, at=OPENED_AT)
    on = OPENED_AT.date()
    erase_customer(customer=close_customer(customer=ann, last_day=on, on=on), on=on)
    for mail in (opened, waiting):
        mail.refresh_from_db()
        assert (mail.sender, mail.sender_name, mail.subject, mail.text, mail.search_text) == ("",) * 5
    assert (waiting.state, waiting.file.name) == (State.DISMISSED, "")
    assert Attachment.objects.get().file.name == ""


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.binary(max_size=300))
def test_any_bytes_are_recorded(raw: bytes):
    mail, _is_new = receive(raw=raw, at=OPENED_AT)
    assert mail.state in {State.WAITING, State.REFUSED, State.ASIDE}
    assert receive(raw=raw, at=OPENED_AT) == (mail, False)


# --- What answers a notice to staff ----------------------------------------------------------------------------------


@pytest.fixture
def notice(ann: Customer) -> StaffNotice:
    """A notice to somebody who is a customer too, about a ticket of theirs that waits for the customer."""
    notice = make_staff_notice(person=make_colleague(email="ann@example.com"), customer=ann, subject="Dark [#1]")
    change_status(ticket=notice.ticket, status=Ticket.Status.RESOLVED, at=OPENED_AT)
    deliver_notices(OPENED_AT + StaffNotice.WAIT)
    notice.refresh_from_db()
    assert notice.state == StaffNotice.State.SENT
    return notice


def untouched(notice: StaffNotice) -> bool:
    ticket = Ticket.objects.get()
    return ticket.status == Ticket.Status.RESOLVED and not Message.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto-Submitted": "auto-replied", "Subject": "Out of office"},
        {"Subject": "Automatic reply [#1]"},
        {"From": "postmaster@example.com"},
    ],
)
@pytest.mark.parametrize("is_forgotten", [False, True])
def test_what_answers_a_notice_is_no_message_of_a_customer(notice: StaffNotice, headers: dict, is_forgotten: bool):
    if is_forgotten:
        notice.delete()
    mail = take(headers={"In-Reply-To": notice.mail_id, "Subject": "Re: Ticket [#1]", **headers})
    assert (mail.state, mail.message) == (State.ASIDE, None)
    assert untouched(notice)


def test_a_notice_that_comes_back_as_it_is_is_our_own(notice: StaffNotice, mailoutbox):
    mail, _is_new = receive(raw=mailoutbox[0].message().as_bytes(), at=OPENED_AT)
    assert mail.state == State.ASIDE
    assert take(headers={"Message-ID": notice.mail_id}).reason == "It is from ourselves."
    assert untouched(notice)


def test_an_answer_that_names_nothing_finds_no_ticket_by_the_subject_of_a_notice(notice: StaffNotice, mailoutbox):
    mail = take(headers={"Subject": f"Re: {mailoutbox[0].subject}", "From": "bob@example.com"})
    assert (mail.state, mail.reason) == (State.WAITING, "No customer has this address.")
    assert untouched(notice)


def test_a_notice_that_did_not_arrive_has_failed_and_its_ticket_stays_as_it_is(notice: StaffNotice):
    mail, _is_new = receive(raw=returned_mail(notice.mail_id), at=OPENED_AT)
    assert (mail.state, mail.reason) == (State.ASIDE, "A notice to staff did not arrive.")
    notice.refresh_from_db()
    assert (notice.state, notice.sent_at, notice.problem) == ("failed", None, "It came back: 550 5.1.1 No such user")
    assert untouched(notice)
    again, _is_new = receive(raw=returned_mail(notice.mail_id) + b" ", at=OPENED_AT)
    assert again.reason == "It is a report that an e-mail was not delivered."
