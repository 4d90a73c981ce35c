"""A small mail server for tests, that speaks as much IMAP as is needed to fetch what nobody has seen."""

import re
import socket
import threading
from base64 import b64decode
from collections.abc import Callable

LITERAL = "* {number} FETCH (UID {uid} {what} {{{size}}}\r\n"


class ImapServer(threading.Thread):
    """Serves one mailbox; `mails` are its e-mails by UID, `seen` are those that are marked."""

    def __init__(self, mails: list[bytes]) -> None:
        super().__init__(daemon=True)
        self.mails = dict(enumerate(mails, 1))
        self.seen: set[int] = set()
        self.fetched: list[tuple[int, str]] = []
        self.password = "open: sesame"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as file:
                self._serve(file)

    def stop(self) -> None:
        self.listener.close()

    def _serve(self, file) -> None:
        def say(text: str) -> None:
            file.write(text.encode())

        say("* OK ready\r\n")
        file.flush()
        for line in file:
            tag, _space, command = line.decode().strip().partition(" ")
            name = command.split()[0].upper()
            if name == "LOGIN":
                secret = f'"{self.password}"'
                say(f"{tag} OK in\r\n" if command.endswith(secret) else f"{tag} NO wrong password\r\n")
            elif name == "AUTHENTICATE":
                say("+ \r\n")
                file.flush()
                _nobody, _user, password = b64decode(file.readline()).decode().split("\0")
                say(f"{tag} OK in\r\n" if password == self.password else f"{tag} NO wrong password\r\n")
            elif name == "SELECT":
                is_there = command.endswith('"INBOX"')
                say(f"* {len(self.mails)} EXISTS\r\n{tag} OK there\r\n" if is_there else f"{tag} NO no such folder\r\n")
            elif name == "UID":
                self._uid(command, file.write)
                say(f"{tag} OK done\r\n")
            elif name == "CAPABILITY":
                say(f"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n")
            else:
                say(f"{tag} OK bye\r\n")
            file.flush()

    def _uid(self, command: str, write: Callable[[bytes], object]) -> None:
        if " SEARCH " in command:
            unseen = " ".join(str(uid) for uid in self.mails if uid not in self.seen)
            write(f"* SEARCH {unseen}\r\n".encode())
            return
        uid = int(re.search(r"(?:FETCH|STORE) (\d+)", command)[1])
        if " STORE " in command:
            self.seen.add(uid)
            return
        mail = self.mails[uid]
        what = re.search(r"RFC822.SIZE|BODY.PEEK\[(?:HEADER)?\]", command)[0]
        self.fetched.append((uid, what))
        if what == "RFC822.SIZE":
            write(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(mail)})\r\n".encode())
            return
        content = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if "HEADER" in what else mail
        head = LITERAL.format(number=uid, uid=uid, what=what.replace(".PEEK", ""), size=len(content))
        write(head.encode() + content + b")\r\n")
