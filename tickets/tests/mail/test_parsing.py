"""E-mails of anybody: read with limits, made text, or refused in words; never shown as they are, and never a crash."""

from contextlib import suppress
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.mail.parsing import MOST_PARTS, Mail, MailRefusedError, key_of, parse
from tickets.mail.texts import clean, new_part, text_of_html
from tickets.models.email import LONGEST_ID
from tickets.models.incoming_mail import LONGEST_TEXT
from tickets.tests.factories import make_mail, returned_mail

LIMIT = 30 << 20
HEAD = b"From: Ann <Ann@Example.com>\r\nSubject: No light\r\nMessage-ID: <1@example.com>\r\n"


def read(raw: bytes) -> Mail:
    return parse(raw, limit=LIMIT)


def refusal(raw: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(MailRefusedError) as refused:
        parse(raw, limit=limit)
    return str(refused.value)


def test_a_plain_mail_is_read():
    mail = read(HEAD + b"In-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n\r\nIt is dark.\r\n")
    assert (mail.sender, mail.sender_name, mail.subject) == ("ann@example.com", "Ann", "No light")
    assert (mail.mail_id, mail.references) == ("<1@example.com>", ("<b@x>", "<a@x>"))
    assert (mail.text, mail.files, mail.automatic) == ("It is dark.", (), "")


def test_of_alternatives_the_plain_one_is_read_and_all_files_are_kept():
    raw = HEAD + (
        b"Content-Type: multipart/alternative; boundary=a\r\n\r\n"
        b"--a\r\nContent-Type: text/plain\r\n\r\nPlain\r\n"
        b"--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<b>Rich</b>\r\n"
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n\r\n%PDF-1\r\n'
        b"--b--\r\n--a--\r\n"
    )
    mail = read(raw)
    assert mail.text == "Plain"
    assert [(file.name, file.content) for file in mail.files] == [("a.pdf", b"%PDF-1")]


def test_a_mail_that_is_attached_is_a_file_and_its_text_nobodys():
    raw = HEAD + (
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
        b"--a\r\nContent-Type: text/plain\r\n\r\nSee what they write.\r\n"
        b"--a\r\nContent-Type: message/rfc822\r\n\r\nFrom: Bob <bob@example.org>\r\nSubject: Hi\r\n\r\nLies.\r\n"
        b"--a--\r\n"
    )
    mail = read(raw)
    assert mail.text == "See what they write."
    ((name, content),) = [(file.name, file.content) for file in mail.files]
    assert name == "e-mail.eml"
    assert content.splitlines() == [b"From: Bob <bob@example.org>", b"Subject: Hi", b"", b"Lies."]


@pytest.mark.parametrize(
    ("action", "original", "said"),
    [
        (b"failed", b"message/rfc822", ("<ticket-7.x@example.net>", "550 5.1.1 No such user")),
        (b"failed", b"text/rfc822-headers", ("<ticket-7.x@example.net>", "550 5.1.1 No such user")),
        (b"delayed", b"message/rfc822", ("", "")),
    ],
)
def test_a_report_says_what_did_not_arrive_and_why(action: bytes, original: bytes, said: tuple):
    mail = read(returned_mail(action=action, original=original))
    assert (mail.returned, mail.problem) == said
    assert "not delivered" in mail.automatic


def test_a_picture_without_a_name_gets_one():
    raw = HEAD + b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"
    assert read(raw).files[0].name == "attachment.png"


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        (b"utf-8", "Größe".encode(), "Größe"),
        (b"iso-8859-1", b"Gr\xf6\xdfe", "Größe"),
        (b"us-ascii", "Größe".encode(), "Größe"),
        (b"no-such-thing", b"Gr\xf6\xdfe", "Größe"),
        (b"utf-16", b"\xff", "ÿ"),
        (b"base64", b"QQ==", "QQ=="),
        (b"unicode_escape", b"\\x41", "\\x41"),
        (b"idna", b"xn--a", "xn--a"),
        (b"utf-8", b"a\0b\x07c\xe2\x80\xaed", "abcd"),
    ],
)
def test_wrong_charsets_are_survived(charset: bytes, content: bytes, text: str):
    assert read(HEAD + b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\n" + content).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One<p>Two", "One\n\nTwo"),
        ("<script>alert(1)</script>Hello<style>p{}</style>", "Hello"),
        ("<ScRiPt>alert(1)</sCrIpT>x", "x"),
        ("<script>never ends", ""),
        ("a<!-- <p>hidden -->b", "ab"),
        ("a<!-- never ends", "a"),
        ("1 < 2 &amp; 3 > 2", "1 < 2 & 3 > 2"),
        ('<a href="https://x.example/a?b=1&amp;c=2">click</a>', "click <https://x.example/a?b=1&c=2>"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ("İ<b>İ</b><script>x</script>y", "İİy"),
    ],
)
def test_html_becomes_text(html: str, text: str):
    assert text_of_html(html) == text


@given(st.text(alphabet="<>/!-abscriptyle &#;=\"'\n", max_size=200))
def test_no_html_is_too_odd(html: str):
    text_of_html(html)


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a ", "<script>", "<div>", "</a", "&#", "<![", "<a b='", "<p", "<title"]
)
def test_html_that_was_made_to_last_takes_no_time(piece: str):
    began = perf_counter()
    text_of_html(piece * (1_000_000 // len(piece)))
    assert perf_counter() - began < 20


@pytest.mark.parametrize(
    ("header", "word"),
    [
        (b"Auto-Submitted: auto-replied", "Auto-Submitted"),
        (b"Precedence: bulk", "Precedence"),
        (b"X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress"),
        (b"X-Autoreply: yes", "automatic"),
        (b"List-Id: <news.example.com>", "mailing list"),
        (b"Return-Path: <>", "not delivered"),
        (b"Content-Type: multipart/report; boundary=x", "not delivered"),
    ],
)
def test_what_a_program_wrote_is_recognised(header: bytes, word: str):
    assert word in read(HEAD + header + b"\r\n\r\nI am away.").automatic


def test_what_a_person_wrote_is_not_taken_for_a_program():
    assert read(HEAD + b"Auto-Submitted: no\r\nReturn-Path: <ann@example.com>\r\n\r\nHello").automatic == ""


def test_ten_thousand_parts_are_refused():
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 10_000
    assert refusal(raw) == f"it has more than {MOST_PARTS} parts."


@pytest.mark.parametrize("header", [b"multipart/mixed; boundary=b%d\r\n\r\n--b%d", b"message/rfc822\r\n"])
def test_parts_nested_a_thousand_deep_are_refused(header: bytes):
    nested = b"".join(
        b"Content-Type: " + (header % (level, level) if b"%" in header else header) + b"\r\n" for level in range(1_000)
    )
    assert "parts" in refusal(HEAD + nested + b"\r\nHello")


def test_what_is_too_large_is_refused():
    assert refusal(HEAD + b"\r\n" + b"x" * 2_000, limit=1_000) == "it has more than 1,000 bytes."
    assert "headers" in refusal(b"X: y\r\n" * 100_000)
    assert "lines" in refusal(HEAD + b"\r\n" + b"\n" * 1_300_000)


@pytest.mark.parametrize(
    "value", [b"(" * 100_000, b"a," * 100_000, b"=?utf-8?q?a?= " * 15_000, b'"' * 99_999, b"<" * 99_999]
)
@pytest.mark.parametrize("name", [b"From", b"Subject", b"Content-Type", b"References", b"Content-Disposition"])
def test_a_huge_header_is_read_or_refused_and_takes_no_time(name: bytes, value: bytes):
    began = perf_counter()
    with suppress(MailRefusedError):
        read(name + b": " + value + b"\r\n\r\nHello")
    assert perf_counter() - began < 20


def test_names_of_files_are_kept_as_they_came_and_made_safe_later():
    assert read(make_mail(files={"../../etc/passwd": b"x"})).files[0].name == "../../etc/passwd"


def test_an_encoded_subject_brings_no_header_along():
    mail = read(b"From: a@example.com\r\nSubject: =?utf-8?q?Hi=0D=0ABcc=3A_eve=40example=2Ecom?=\r\n\r\nx")
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


HEADERS = st.sampled_from(
    [*(b"From", b"Subject", b"Message-ID", b"References", b"In-Reply-To", b"Content-Type", b"Return-Path"), b"X"]
)
VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"multipart/mixed; boundary=b", b"text/html; charset=x", b"message/rfc822", b"base64", b"a@b.c"]),
)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused(raw: bytes):
    _check(raw)


@given(
    st.lists(st.tuples(HEADERS, VALUES), max_size=8),
    st.lists(
        st.sampled_from([b"--b", b"--b--", b"", b"Content-Type: text/html", b"<p>x", b"\xff\xfe", b"=?"]), max_size=20
    ),
)
def test_anything_like_a_mail_is_read_or_refused(headers: list[tuple[bytes, bytes]], lines: list[bytes]):
    _check(b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + b"\r\n".join(lines))


def _check(raw: bytes) -> None:
    """Read a mail: whatever comes of it fits into the columns, and has nothing in it that no text may have."""
    try:
        mail = read(raw)
    except MailRefusedError:
        return
    for text, longest in ((mail.sender, 254), (mail.sender_name, 200), (mail.subject, 200), (mail.text, LONGEST_TEXT)):
        assert len(text) <= longest
        assert "\0" not in text
        text.encode()
    assert not {"\n", "\r"} & set(mail.subject + mail.sender + mail.sender_name + mail.mail_id)
    assert all(len(each) <= LONGEST_ID for each in (mail.mail_id, *mail.references))


def test_the_same_mail_by_two_ways_is_one_and_another_with_its_message_id_is_not():
    raw = HEAD + b"Date: Mon, 2 Mar 2026 10:00:00 +0000\r\n\r\nHello"
    assert key_of(raw) == key_of(b"Received: from x\r\n by y\r\n" + raw)
    assert key_of(raw) != key_of(raw + b"!")


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("It works.\n\nOn Mon, 2 Mar 2026 at 10:00, Example Net <a@b.c> wrote:\n> Does it?", "It works."),
        ("It works.\n\nOn Mon, 2 Mar 2026 at 10:00, Example Net\n<a@b.c> wrote:\n\n> Does it?", "It works."),
        ("Geht.\n\nAm 02.03.2026 um 10:00 schrieb Example Net:\n> Und?", "Geht."),
        ("Yes\n\n-----Original Message-----\nFrom: a", "Yes"),
        ("Yes\n\nFrom: Example Net\nSent: Monday\nTo: Ann", "Yes"),
        ("Yes\n> quoted\n> more\n", "Yes"),
        ("> Does it?\nYes, it does.\n> And now?\nNo.", "> Does it?\nYes, it does.\n> And now?\nNo."),
        ("> only quoted", "> only quoted"),
        ("On the wall it blinks.\nI wrote: call me.", "On the wall it blinks.\nI wrote: call me."),
        ("From: my room\nI see no light.", "From: my room\nI see no light."),
    ],
)
def test_quoted_history_is_left_out_with_care(text: str, new: str):
    assert new_part(text) == new


@given(st.text(alphabet="> \nabOn wrote:-_", max_size=300))
def test_of_what_was_said_something_always_stays(text: str):
    assert bool(new_part(text)) == bool(text.strip())


@given(st.text(), st.integers(1, 50))
def test_cleaned_text_may_be_stored(text: str, longest: int):
    cleaned = clean(text, longest)
    assert clean(cleaned, longest) == cleaned
    assert len(cleaned) <= longest
