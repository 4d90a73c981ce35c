"""
OFX: 1.x, which is SGML whose values have no end tags, and 2.x, which is XML.

Both become the same elements. The SGML of OFX is told apart by a rule of it: what holds others is always closed.
"""

import re
from pathlib import Path

from django.utils.translation import gettext as _

from bank.files.content import LONGEST_TEXT, FileLine, FileStatement, refused, tidy
from bank.files.values import amount_of, day_of
from bank.files.xml import DEEPEST, Node, read_xml
from bank.identifiers import plain_iban

TAG = re.compile(r"<(/?)([A-Za-z0-9._]{1,40})\s*>([^<]*)")
HEADER = re.compile(r"^\s*([A-Z]+):([^\r\n]*)", re.MULTILINE)
ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&apos;": "'", "&quot;": '"', "&amp;": "&"}
# SGML is held whole while it is read.
MOST_BYTES = 50 << 20
ACCOUNT_KINDS = {
    "BANKMSGSRSV1/STMTTRNRS/STMTRS": "BANKACCTFROM",
    "CREDITCARDMSGSRSV1/CCSTMTTRNRS/CCSTMTRS": "CCACCTFROM",
}


def read_ofx(path: Path) -> list[FileStatement]:
    """Return the statements of a file. Raises `FileRefusedError`."""
    root = _read_tree(path)
    found = [_statement(node, account) for place, account in ACCOUNT_KINDS.items() for node in root.all(place)]
    if not found:
        raise refused(_("there is no statement of an account in it (OFX has an element STMTRS)."))
    return found


def _read_tree(path: Path) -> Node:
    with path.open("rb") as file:
        head = file.read(1024)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        roots: list[Node] = []

        def take(node: Node, names: list[str]) -> bool:
            if len(names) == 1:
                roots.append(node)
            return False

        read_xml(path, take)
        root = roots[0]
    else:
        root = _read_sgml(path)
    if root.name != "OFX":
        raise refused(_("this is no OFX: it begins as “%(name)s”.") % {"name": root.name}, line=root.line)
    return root


def _read_sgml(path: Path) -> Node:
    if path.stat().st_size > MOST_BYTES:
        raise refused(_("the file has more than %(most)d MB.") % {"most": MOST_BYTES >> 20})
    text = _decoded(path.read_bytes())
    start = re.search(r"<OFX>", text, re.IGNORECASE)
    if start is None:
        raise refused(_("this is no OFX: it has no element OFX."), line=1)
    line = text.count("\n", 0, start.start()) + 1
    body = text[start.start() :]
    # What holds others is always closed; what is not closed anywhere is a value.
    closed = {name.upper() for mark, name, _value in TAG.findall(body) if mark}
    root = Node("", 0, {})
    stack = [root]
    position = 0
    for tag in TAG.finditer(body):
        line += body.count("\n", position, tag.start())
        position = tag.start()
        name, value = tag[2].upper(), _plain(tag[3])
        if tag[1]:
            if stack[-1].name != name:
                # A value that is closed all the same, as some banks do.
                if stack[-1].children and stack[-1].children[-1].name == name:
                    continue
                message = _("<%(name)s> is closed here, and <%(open)s> is open.")
                raise refused(message % {"name": name, "open": stack[-1].name}, line=line)
            stack.pop()
            if len(stack) == 1:
                return root.children[0]
            continue
        node = Node(name, line, {})
        node.text = value
        stack[-1].children.append(node)
        if name in closed and not value:
            stack.append(node)
        if len(stack) > DEEPEST:
            raise refused(_("its elements are too deep inside of one another."), line=line)
    raise refused(_("the file ends in the middle: <%(name)s> is not closed.") % {"name": stack[-1].name}, line=line)


def _plain(value: str) -> str:
    value = value.strip()
    for entity, sign in ENTITIES.items():
        value = value.replace(entity, sign)
    return value


def _decoded(data: bytes) -> str:
    header = dict(HEADER.findall(data[:1024].decode("ascii", "replace")))
    encoding = "utf-8-sig" if header.get("ENCODING", "").strip().upper() in {"UTF-8", "UNICODE"} else "cp1252"
    for each in dict.fromkeys(["utf-8-sig", encoding]):
        try:
            return data.decode(each)
        except UnicodeDecodeError as error:
            problem = error
    message = _("this is not %(encoding)s.")
    raise refused(message % {"encoding": encoding.upper()}, line=data.count(b"\n", 0, problem.start) + 1)


def _statement(node: Node, account: str) -> FileStatement:
    found = FileStatement(
        account=plain_iban(node.say(f"{account}/ACCTID")), currency=node.say("CURDEF").upper(), line=node.line
    )
    listed = node.find("BANKTRANLIST")
    if listed is not None:
        for name, field in (("DTSTART", "first_on"), ("DTEND", "last_on")):
            if text := listed.say(name):
                setattr(found, field, day_of(text, line=listed.line, what=name))
        for entry in listed.all("STMTTRN"):
            if (line := _line(entry)) is not None:
                found.add(line)
    if balance := node.say("LEDGERBAL/BALAMT"):
        found.closing = amount_of(balance, line=node.line, what="LEDGERBAL")
    if found.first_on and found.last_on and found.first_on > found.last_on:
        raise refused(_("the last day of the statement is before the first."), line=node.line)
    return found


def _line(entry: Node) -> FileLine | None:
    amount = amount_of(entry.say("TRNAMT"), line=entry.line, what="TRNAMT")
    booked = day_of(entry.say("DTPOSTED"), line=entry.line, what="DTPOSTED")
    if not amount:
        return None
    valued = entry.say("DTAVAIL")
    return FileLine(
        booked_on=booked,
        value_on=day_of(valued, line=entry.line, what="DTAVAIL") if valued else booked,
        amount=amount,
        party_name=tidy(entry.say("NAME", "PAYEE/NAME"), 200),
        party_iban=plain_iban(entry.say("BANKACCTTO/ACCTID")),
        bank_reference=tidy(entry.say("FITID"), 255),
        reference=tidy(entry.say("CHECKNUM", "REFNUM"), 100),
        text=tidy(entry.say("MEMO"), LONGEST_TEXT),
        line=entry.line,
    )
