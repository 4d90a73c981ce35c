"""
XML of strangers, read as a stream: no entity and no document type is taken, and no more is held than one element.

It stands on `defusedxml`, which refuses what makes a small file large, or reads files of ours.
"""

from collections.abc import Callable
from pathlib import Path
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import InputSource

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser
from django.utils.translation import gettext as _

from bank.files.content import refused
from customerflow.loads.refusals import FileRefusedError

DEEPEST = 60
# An element that is held whole has at most so many inside of it, and so much text.
MOST_INSIDE = 100_000
MOST_TEXT = 1 << 22
BLOCK = 1 << 16


class Node:
    """An element: its name without the namespace, where it stands, its text and what is in it."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, line: int, attributes: dict[str, str]) -> None:
        self.name, self.line, self.attributes = name, line, attributes
        self.text = ""
        self.children: list[Node] = []

    def find(self, path: str) -> "Node | None":
        """Return the first element at `path`, such as "Refs/EndToEndId"; None where there is none."""
        return next(iter(self.all(path)), None)

    def all(self, path: str) -> "list[Node]":
        """Return all elements at `path`."""
        found = [self]
        for name in path.split("/"):
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def say(self, *paths: str) -> str:
        """Return the text of the first of `paths` at which there is any; else nothing."""
        for path in paths:
            for node in self.all(path):
                if text := node.text.strip():
                    return text
        return ""


class _Reader(ContentHandler):
    """Builds elements, and gives each to `take` when it ends; `take` says by True that it need not be held."""

    def __init__(self, take: Callable[[Node, list[str]], bool]) -> None:
        super().__init__()
        self.take, self.stack, self.path = take, [], []
        self.inside = self.length = 0

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: object) -> None:
        if len(self.stack) >= DEEPEST:
            raise refused(_("its elements are too deep inside of one another."), line=self._locator.getLineNumber())
        self.inside += 1
        if self.inside > MOST_INSIDE:
            raise refused(_("there is too much in one element."), line=self._locator.getLineNumber())
        attributes = {"xmlns": name[0] or ""} | {
            attrs.getQNameByName(each): attrs.getValue(each)
            for each in attrs.keys()  # noqa: SIM118
        }
        self.stack.append(Node(name[1], self._locator.getLineNumber(), attributes))
        self.path.append(name[1])

    def characters(self, content: str) -> None:
        self.length += len(content)
        if self.length > MOST_TEXT:
            raise refused(_("there is too much text in one element."), line=self._locator.getLineNumber())
        if self.stack:
            self.stack[-1].text += content

    def endElementNS(self, _name: tuple[str | None, str], _qname: str | None) -> None:
        node = self.stack.pop()
        is_done = self.take(node, self.path)
        self.path.pop()
        if is_done:
            self.inside = self.length = 0
        elif self.stack:
            self.stack[-1].children.append(node)


def read_xml(path: Path, take: Callable[[Node, list[str]], bool]) -> None:
    """
    Read the file at `path`, and call `take` with each element when it ends and the names on the way to it.

    Where `take` returns True the element is not held. Raises `FileRefusedError`, with the line, for what is no XML or
    has entities.
    """
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(_Reader(take))
    source = InputSource(str(path))
    try:
        with path.open("rb") as file:
            source.setByteStream(file)
            parser.parse(source)
    except DefusedXmlException as error:
        raise refused(_("it has a document type or entities, which no bank writes: it is not read.")) from error
    except SAXParseException as error:
        message = _("this is not right as XML: %(error)s.") % {"error": error.getMessage()}
        raise refused(message, line=error.getLineNumber() or 0) from error
    except FileRefusedError:
        raise
    except (SAXException, LookupError, ValueError, OSError) as error:
        raise refused(_("it cannot be read as XML: %(error)s.") % {"error": error}) from error
