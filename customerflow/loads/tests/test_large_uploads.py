"""Large bodies, sent to the product as it is served: refused before they are read, unless somebody may send them."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from customerflow.loads.models import Upload
from customerflow.staff.models import User
from customerflow.staff.tests.factories import make_user
from customerflow.tests.programs import environment

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60
MB = 1 << 20
# Of a file that is larger than any other body may be, and of one that is larger than the server takes.
LARGE, TOO_LARGE = 6 * MB, 10 * MB
BOUNDARY = "a-boundary"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Serve the test database; give the port, and the folder in which the server keeps what it is sent."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"SECRET_KEY": settings.SECRET_KEY, "UPLOAD_LIMIT_MB": "8", "TMPDIR": str(tmp_path)}
    command = ["-m", "gunicorn", "--worker-class", "gthread", "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    process = subprocess.Popen(  # noqa: S603 - our own server
        [sys.executable, *command, "customerflow.wsgi"],
        cwd=settings.BASE_DIR,
        env=environment() | own,
    )
    try:
        until_it_answers(port)
        yield port, tmp_path
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until_it_answers(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.1)


def logged_in(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {"Cookie": f"session={client.cookies['session'].value}"}


def token_of(port: int, headers: dict[str, str]) -> str:
    """Open the page of a new load, add the cookie of its token to `headers` and return the token."""
    page = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    page.request("GET", "/loads/new/", headers=headers)
    response = page.getresponse()
    text = response.read().decode()
    assert response.status == 200, text
    headers["Cookie"] += "; " + response.getheader("Set-Cookie").partition(";")[0]
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)[1]


def send(port: int, headers: dict[str, str], size: int, token: str = "") -> tuple[int, str, int]:
    """Send a CSV file of about `size` bytes in pieces until there is an answer; return it, and how much was sent."""
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{{}}"{{}}\r\n\r\n'
    head = field.format("csrfmiddlewaretoken", "") + f"{token}\r\n" + field.format("what", "") + "customers\r\n"
    head += field.format("files", '; filename="id.csv"') + "ID,Name,Email,Phone\n"
    row, tail = b"1,Ann,,\n" * 8192, f"\r\n--{BOUNDARY}--\r\n".encode()
    pieces = [head.encode(), *[row] * (size // len(row)), tail]
    request = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    request.putrequest("POST", "/loads/new/")
    for name, value in headers.items():
        request.putheader(name, value)
    request.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    request.putheader("Content-Length", str(sum(map(len, pieces))))
    request.endheaders()
    sent = 0
    for piece in pieces:
        request.send(piece)
        sent += len(piece)
        if sent < MB and is_answered(request.sock):
            break
    response = request.getresponse()
    return response.status, response.read().decode(), sent


def is_answered(sock: socket.socket) -> bool:
    """Say whether the server has answered already; it is given a moment, as long as little was sent."""
    sock.settimeout(0.5)
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False
    finally:
        sock.settimeout(PATIENCE)


def kept_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > MB]


def test_a_stranger_sends_no_large_file(server):
    port, folder = server
    status, text, sent = send(port, {}, LARGE)
    assert (status, sent < MB) == (403, True)
    assert "Nothing was read" in text
    assert (kept_in(folder), Upload.objects.count()) == ([], 0)


def test_whoever_may_not_load_sends_no_large_file(server):
    port, folder = server
    status, _text, sent = send(port, logged_in(make_user()), LARGE)
    assert (status, sent < MB) == (403, True)
    assert kept_in(folder) == []


def test_nobody_sends_more_than_the_settings_allow(server):
    port, folder = server
    status, text, sent = send(port, logged_in(make_user(is_superuser=True)), TOO_LARGE + MB)
    assert (status, sent < MB) == (413, True)
    assert "larger than" in text
    assert kept_in(folder) == []


def test_a_large_file_of_somebody_who_may_load_is_kept(server):
    port, _folder = server
    headers = logged_in(make_user(is_superuser=True))
    token = token_of(port, headers)
    status, _text, sent = send(port, headers, LARGE, token)
    assert (status, sent > LARGE - MB) == (302, True)
    upload = Upload.objects.get()
    assert upload.size > LARGE - MB
    upload.file.delete()


def test_a_large_file_without_the_token_of_a_page_is_not_kept(server):
    port, folder = server
    status, _text, _sent = send(port, logged_in(make_user(is_superuser=True)), LARGE)
    assert status == 403
    # The server takes it away when it has answered.
    end = time.monotonic() + PATIENCE
    while kept_in(folder) and time.monotonic() < end:
        time.sleep(0.1)
    assert (kept_in(folder), Upload.objects.count()) == ([], 0)
