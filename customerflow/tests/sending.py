"""Two people with browsers: the screens they may have open, and what is sent of a form that nobody has touched."""

from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client

from customerflow.staff.tests.factories import make_user
from customerflow.tests.pages import Page, pages

# What no page of ours sends back.
NAUGHTY = ["", "x", "-1", "1.5", "9" * 30, "9" * 5_000, "²", "\0", "[" * 9_999, "null", "😀", "%00", "1\r\n"]


def of_screen(screen: type) -> list[Page]:
    """Return the pages of the product that are such a screen."""
    return [page for page in pages() if issubclass(getattr(page.callback, "view_class", object), screen)]


def browser_of(name: str) -> Client:
    """Return a browser in which somebody who may do everything is logged in."""
    client = Client()
    client.force_login(make_user(username=name, is_superuser=True, is_staff=True))
    return client


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def sent_by(response: HttpResponse) -> dict[str, list[str]]:
    """Return the values of the page's form that carries the version of a record, by name; none where there is none."""
    reader = _Reader()
    reader.feed(response.content.decode())
    return next((form for form in reader.forms if "version" in form), {})


class _Reader(HTMLParser):
    """Reads forms as a browser does, but for files, images and what scripts add."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self.area = self.choice = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        attrs = dict(attributes)
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and attrs.get("name") and attrs.get("type") not in {"submit", "button"}:
            if attrs.get("type") not in {"checkbox", "radio"} or "checked" in attrs:
                self._send(attrs["name"], attrs.get("value", "on" if attrs.get("type") == "checkbox" else ""))
        elif tag == "textarea":
            self.area = (attrs["name"], "")
        elif tag == "select":
            self.choice = attrs.get("name")
        elif tag == "option" and self.choice and "selected" in attrs:
            self._send(self.choice, attrs.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.area = (self.area[0], self.area[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser drops the first line end, which Django puts there.
            self._send(self.area[0], self.area[1].removeprefix("\n"))
            self.area = None
        elif tag == "select":
            self.choice = None

    def _send(self, name: str, value: str) -> None:
        if self.forms:
            self.forms[-1].setdefault(name, []).append(value)
