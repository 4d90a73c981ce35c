"""Files that come with messages: checked, kept out of everybody's way, and given back as files only."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from customerflow.hub.erasing import erase_customer
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customerflow.storage import documents
from customers.registration import close_customer
from tickets.attachments import MOST_FILES, SentFile, attach_what_may_be_kept, content_type_of, safe_name
from tickets.desk import change_status, open_ticket, reply
from tickets.models import Attachment, Message, Ticket
from tickets.models.attachment import LONGEST_NAME
from tickets.tests.factories import OPENED_AT, PNG, make_attachment, make_ticket, make_ticket_type

PUBLIC, INTERNAL = Message.Kind.PUBLIC, Message.Kind.INTERNAL
ON = OPENED_AT.date()


@pytest.fixture
def clerk(client) -> Client:
    client.force_login(make_user(SUPPORT))
    return client


def said(name: str, content: bytes) -> str:
    with pytest.raises(ValidationError) as refusal:
        content_type_of(SentFile(name, content))
    return " ".join(refusal.value.messages)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("photo.PNG", PNG, "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("bill.pdf", b"%PDF-1.7", "application/pdf"),
        ("log.txt", "Größe".encode(), "text/plain"),
        ("log.txt", b"caf\xe9", "text/plain"),
        ("table.xlsx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("pack.zip", b"PK\x05\x06", "application/zip"),
        ("pic.webp", b"RIFF\0\0\0\0WEBP", "image/webp"),
    ],
)
def test_the_ending_and_the_first_bytes_say_what_a_file_is(name: str, content: bytes, expected: str):
    assert content_type_of(SentFile(name, content)) == expected


@pytest.mark.parametrize("name", ["a.exe", "a.html", "a.svg", "a.js", "a", "a.png.exe", "a.docm", ".htaccess"])
def test_other_kinds_are_refused_and_it_is_said_which_are_kept(name: str):
    assert "Those that are: csv, docx" in said(name, PNG)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", PNG), ("a.png", b"<script>"), ("a.jpg", b"GIF89a"), ("a.txt", b"MZ\x90"), ("a.txt", b"a\0b")],
)
def test_a_file_that_is_not_what_it_is_called_is_refused(name: str, content: bytes):
    assert "something else" in said(name, content)


def test_an_empty_file_is_refused():
    assert said("a.txt", b"") == "it is empty."


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("a\r\nX-Evil: 1.png", "aX-Evil_ 1.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("..", "attachment"),
        ("", "attachment"),
        ("x" * 300 + ".png", "x" * (LONGEST_NAME - 4) + ".png"),
        ("Größe 1.pdf", "Größe 1.pdf"),
    ],
)
def test_names_are_made_safe(name: str, safe: str):
    assert safe_name(name) == safe


@given(st.text())
def test_whatever_a_file_is_called_its_safe_name_is_short_printable_and_no_path(name: str):
    safe = safe_name(name)
    assert 1 <= len(safe) <= LONGEST_NAME
    assert not set(safe) & set('/\\\r\n\0":<>|?*')
    assert not safe.startswith(".")
    assert safe_name(safe) == safe


@pytest.mark.django_db
def test_files_of_a_message_are_kept_under_names_that_nobody_chose():
    attachment = make_attachment(name="../router.png")
    assert (attachment.name, attachment.size, attachment.refused) == ("router.png", len(PNG), "")
    assert "router" not in attachment.file.name
    assert attachment.content() == PNG


@pytest.mark.django_db
def test_one_bad_file_refuses_the_whole_message_and_leaves_nothing_behind():
    ticket = make_ticket()
    files = [SentFile("a.png", PNG), SentFile("b.exe", b"MZ"), SentFile("c.txt", b"")]
    with pytest.raises(ValidationError) as refusal:
        reply(ticket=ticket, kind=PUBLIC, body="Look", by=None, at=OPENED_AT, files=files)
    assert [message.partition(":")[0] for message in refusal.value.message_dict["files"]] == ["b.exe", "c.txt"]
    assert (Message.objects.count(), Attachment.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_what_comes_by_e_mail_is_kept_as_far_as_it_may_be_and_the_rest_is_on_record():
    message = reply(ticket=make_ticket(), kind=PUBLIC, body="Look", by=None, at=OPENED_AT)
    attach_what_may_be_kept(message, [SentFile("b.exe", b"MZ"), SentFile("a.png", PNG)])
    refused, kept = message.attachments.all()
    assert (refused.name, refused.file.name, kept.refused) == ("b.exe", "", "")
    assert refused.refused.startswith("files of this kind are not kept")


@pytest.mark.django_db
def test_number_and_size_are_limited(settings):
    settings.ATTACHMENT_LIMIT = 2 * len(PNG)
    message = reply(ticket=make_ticket(), kind=PUBLIC, body="Look", by=None, at=OPENED_AT)
    attach_what_may_be_kept(message, [SentFile("a.png", PNG)] * 3 + [SentFile("a.txt", b"")] * MOST_FILES)
    reasons = [attachment.refused for attachment in message.attachments.all()]
    assert reasons[:2] == ["", ""]
    assert "together" in reasons[2]
    assert f"at most {MOST_FILES} files" in reasons[-1]


@pytest.mark.django_db
def test_a_ticket_with_files_says_what_they_are():
    ticket = make_ticket()
    with pytest.raises(ValidationError) as refusal:
        open_ticket(
            customer=ticket.customer,
            type=make_ticket_type(),
            subject="Look",
            at=OPENED_AT,
            by=None,
            files=[SentFile("a.png", PNG)],
        )
    assert "body" in refusal.value.message_dict


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["reply", "note"])
def test_staff_attach_files_to_what_they_say(clerk: Client, act: str):
    ticket = make_ticket()
    files = [SimpleUploadedFile("a.png", PNG, "text/html"), SimpleUploadedFile("b.txt", b"b")]
    address = reverse(f"tickets:ticket_{act}", args=[ticket.pk])
    page = clerk.post(address, {"body": "Look", "files": files}, follow=True).content.decode()
    names = list(Attachment.objects.values_list("name", flat=True))
    assert names == ["a.png", "b.txt"]
    assert all(name in page for name in names)


@pytest.mark.django_db
def test_a_bad_file_is_shown_at_the_form_with_what_was_typed(clerk: Client):
    address = reverse("tickets:ticket_reply", args=[make_ticket().pk])
    page = clerk.post(address, {"body": "Typed with care", "files": SimpleUploadedFile("a.exe", b"MZ")})
    assert "a.exe: files of this kind are not kept" in page.content.decode()
    assert "Typed with care" in page.content.decode()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_ticket_is_opened_with_files(clerk: Client):
    ticket = make_ticket()
    typed = {
        "customer": ticket.customer.number,
        "type": ticket.type_id,
        "subject": "Dark",
        "source": "phone",
        "body": "Look",
        "files": SimpleUploadedFile("a.png", PNG),
    }
    clerk.post(reverse("tickets:ticket_create"), typed)
    assert Attachment.objects.get().message.ticket == Ticket.objects.latest("pk") != ticket


@pytest.mark.django_db
def test_a_file_is_downloaded_as_a_file_and_never_shown(clerk: Client):
    attachment = make_attachment(name='Größe "x".txt', content=b"<script>alert(1)</script>")
    response = clerk.get(reverse("tickets:attachment", args=[attachment.pk]))
    assert response.content == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "text/plain"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%20_x_.txt"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_who_has_no_right_downloads_nothing(client):
    client.force_login(make_user())
    assert client.get(reverse("tickets:attachment", args=[make_attachment().pk])).status_code == 403


@pytest.mark.django_db
def test_a_file_that_is_missing_is_told_of(clerk: Client):
    attachment = make_attachment()
    documents().delete(attachment.file.name)
    response = clerk.get(reverse("tickets:attachment", args=[attachment.pk]), follow=True)
    assert "restore it from a backup" in response.content.decode()


@pytest.mark.django_db
def test_a_large_body_is_read_only_of_those_who_may_send_it(client, settings):
    large = {"body": "Look", "files": BytesIO(b"x" * 6_000_000)}
    client.force_login(make_user())
    assert client.post(reverse("tickets:ticket_reply", args=[make_ticket().pk]), large).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_erasing_a_customer_removes_their_files():
    attachment = make_attachment()
    name, ticket = attachment.file.name, attachment.message.ticket
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=OPENED_AT)
    customer = close_customer(customer=ticket.customer, last_day=ON, on=ON)
    erase_customer(customer=customer, on=ON)
    attachment.refresh_from_db()
    assert (attachment.name, attachment.file.name) == ("(erased)", "")
    assert not documents().exists(name)
