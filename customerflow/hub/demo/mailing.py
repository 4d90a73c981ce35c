"""The demo's e-mails of the day: one that opens a ticket, one that waits for a person, and one that no person wrote."""

from datetime import date, datetime, time
from email.message import EmailMessage

from django.utils import timezone

from customerflow.hub.demo.people import Account
from tickets.mail.receiving import receive

# A picture of one grey dot.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    + "3a7e9b55"
    + "0000000a49444154789c636800000082008177cd72b6"
    "0000000049454e44ae426082"
)


def receive_mail(accounts: list[Account], on: date) -> None:
    """Let the e-mails of the day `on` come in."""
    at = datetime.combine(on, time(7, 40), timezone.get_current_timezone())
    writers = [account.customer for account in accounts if account.customer.email and account.services]
    if not writers:
        return
    question = _mail(
        writers[0].email, "Router blinks red", "Good morning,\n\nsince last night it blinks red, see the picture."
    )
    question.add_attachment(PICTURE, maintype="image", subtype="png", filename="router.png")
    question.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="speedtest.exe")
    stranger = _mail("new.neighbour@example.org", "Is there fibre in Mill Lane?", "We move in next month.")
    away = _mail("sales@example.org", "Out of office", "I am back on Monday.")
    away["Auto-Submitted"] = "auto-replied"
    for mail in (question, stranger, away):
        receive(raw=mail.as_bytes(), at=at)


def _mail(sender: str, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = sender, subject
    mail.set_content(text)
    return mail
