"""`manage.py fetch_mail` by IMAP, from a Maildir and from an mbox: each e-mail once, whatever happens in between."""

import json
import mailbox
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from customers.tests.factories import make_customer
from tickets.mail import fetching
from tickets.models import IncomingMail, Message, Ticket
from tickets.tests.factories import make_mail, make_ticket_type
from tickets.tests.mail.imap_server import ImapServer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ann(db) -> None:
    make_ticket_type()
    make_customer(email="ann@example.com")


def mails(number: int) -> list[bytes]:
    return [make_mail(headers={"Subject": f"Mail {each}"}).replace(b"\n", b"\r\n") for each in range(number)]


@pytest.fixture
def server() -> Iterator[ImapServer]:
    server = ImapServer(mails(3))
    server.start()
    yield server
    server.stop()


def url_of(server: ImapServer, folder: str = "") -> str:
    return f"imap://ann:{quote(server.password)}@127.0.0.1:{server.port}/{folder}"


def fetched(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("fetch_mail", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    box = mailbox.Maildir(tmp_path / "mail")
    for raw in mails(2):
        box.add(raw)
    return tmp_path / "mail"


def test_mail_is_fetched_by_imap_and_marked_as_seen(server: ImapServer):
    lines = fetched("--imap", url_of(server))
    assert lines[0].startswith("ann@example.com: Mail 0: Opened a ticket #")
    assert lines[-1] == "E-mails taken: 3 (Opened a ticket: 3)."
    assert server.seen == {1, 2, 3}
    assert fetched("--imap", url_of(server)) == ["E-mails taken: 0."]
    assert Ticket.objects.count() == 3


def test_a_password_may_have_any_letters(server: ImapServer):
    server.password = "öffne dich"
    assert len(fetched("--imap", url_of(server))) == 4


def test_whoever_is_killed_before_a_mail_is_marked_takes_it_once(server: ImapServer, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(fetching.imaplib.IMAP4, "uid", _but_for_store(fetching.imaplib.IMAP4.uid, killed))
        with pytest.raises(Killed):
            fetched("--imap", url_of(server))
    assert (Ticket.objects.count(), server.seen) == (1, set())
    lines = fetched("--imap", url_of(server))
    assert lines[0].endswith("(known)")
    assert (Ticket.objects.count(), server.seen) == (3, {1, 2, 3})


def _but_for_store(uid, stored):
    def run(self, command: str, *arguments: str):
        return stored() if command == "STORE" else uid(self, command, *arguments)

    return run


def test_a_mail_that_fails_is_not_marked(server: ImapServer, monkeypatch):
    monkeypatch.setattr(fetching, "receive", lambda **_mail: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fetched("--imap", url_of(server))
    assert server.seen == set()


def test_a_mail_that_is_too_large_is_not_fetched_but_recorded_by_its_headers(server: ImapServer, settings):
    settings.MAIL_LIMIT = 100
    with pytest.raises(SystemExit) as ended:
        fetched("--imap", url_of(server))
    assert ended.value.code == 1
    mail = IncomingMail.objects.order_by("pk").first()
    assert (mail.state, mail.subject, mail.reason) == ("refused", "Mail 0", "it has more than 100 bytes.")
    assert (1, "BODY.PEEK[]") not in server.fetched
    assert fetched("--imap", url_of(server)) == ["E-mails taken: 0."]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wrong"}, "The mail server refuses: wrong password"),
        ({"folder": "Nothing"}, "The mail server has no folder Nothing."),
    ],
)
def test_what_the_server_refuses_is_said(server: ImapServer, change: dict, said: str):
    address = url_of(server, change.get("folder", ""))
    server.password = change.get("password", server.password)
    with pytest.raises(CommandError, match=said) as error:
        fetched("--imap", address)
    assert error.value.returncode == 2


def test_a_server_that_is_away_is_said_without_the_password():
    with pytest.raises(CommandError, match="does not answer") as error:
        fetched("--imap", "imap://ann:secret@127.0.0.1:1/")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("address", ["", "imap://", "http://a@b/", "imaps://host/", "imaps://a:secret@host:x/"])
def test_a_wrong_address_is_said_without_the_password(address: str):
    with pytest.raises(CommandError) as error:
        fetched("--imap", address)
    assert "secret" not in str(error.value)
    assert error.value.returncode == 2


def test_a_maildir_is_read_and_what_is_taken_counts_as_seen(maildir: Path):
    assert fetched("--maildir", str(maildir))[-1] == "E-mails taken: 2 (Opened a ticket: 2)."
    assert [path.name.partition(":2,")[2] for path in (maildir / "cur").iterdir()] == ["S", "S"]
    assert list((maildir / "new").iterdir()) == []
    assert fetched("--maildir", str(maildir)) == ["E-mails taken: 0."]


def test_an_mbox_is_only_read_and_each_mail_is_known_the_second_time(tmp_path: Path):
    box = mailbox.mbox(tmp_path / "mbox")
    for raw in mails(2):
        box.add(raw)
    box.close()
    before = (tmp_path / "mbox").read_bytes()
    assert fetched("--mbox", str(tmp_path / "mbox"))[-1] == "E-mails taken: 2 (Opened a ticket: 2)."
    assert [line.endswith("(known)") for line in fetched("--mbox", str(tmp_path / "mbox"))] == [True, True, False]
    assert (tmp_path / "mbox").read_bytes() == before
    assert Message.objects.count() == 2


def test_a_program_reads_an_object_for_each_mail(maildir: Path):
    told = [json.loads(line) for line in fetched("--maildir", str(maildir), "--json")]
    assert [(each["from"], each["state"], each["is_new"]) for each in told] == [("ann@example.com", "opened", True)] * 2
    assert told[0]["ticket"] == Ticket.objects.order_by("pk").first().number


@pytest.mark.parametrize("option", ["--mbox", "--maildir"])
def test_a_source_that_is_not_there_is_said(option: str, tmp_path: Path):
    with pytest.raises(CommandError, match="there is no") as error:
        fetched(option, str(tmp_path / "nothing"))
    assert error.value.returncode == 2


def test_without_a_source_it_says_what_to_name():
    with pytest.raises(CommandError, match="IMAP_URL"):
        fetched()


def test_the_source_may_come_from_the_settings(server: ImapServer, settings):
    settings.MAILBOX = fetching.Mailbox("imap", "127.0.0.1", server.port, "ann", server.password, "INBOX")
    assert len(fetched()) == 4


def test_a_type_that_does_not_exist_is_said(settings):
    settings.MAIL_TICKET_TYPE = "nothing"
    with pytest.raises(CommandError, match="MAIL_TICKET_TYPE"):
        fetched()
