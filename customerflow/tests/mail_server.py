"""A real mail server for tests, that answers as it is told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from logging import getLogger

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from customerflow.environment import mail


class Post:
    """Keeps what it takes; refuses recipients and messages with the answers that it is given, one for each try."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.on_recipient: list[str] = []
        self.on_message: list[str] = []
        self.hangs_up = False

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list) -> str:
        if self.on_recipient:
            return self.on_recipient.pop(0)
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.on_message:
            return self.on_message.pop(0)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.hangs_up:
            server.transport.abort()
        return "250 OK"


@contextmanager
def serving(post: Post, settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let e-mails go to a mail server that hands them to `post`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port)
    # It speaks in a thread of its own, also when the output of the test is taken away.
    monkeypatch.setattr(getLogger("mail.log"), "disabled", True)
    controller.start()
    monkeypatch.setenv("EMAIL_URL", f"smtp://127.0.0.1:{port}")
    for name, value in mail("EMAIL_URL", "").items():
        setattr(settings, name, value)
    settings.EMAIL_TIMEOUT = 5
    yield
    controller.stop()
