"""
CAMT.053, the statement of ISO 20022, in the versions 02, 04 and 08 and what lies between them.

The versions differ, for us, in where a party and a day stand. An entry that tells its transactions, with an amount each
that add up to it, becomes a line for each; another one is one line.
"""

import re
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from bank.files.content import LONGEST_TEXT, FileLine, FileStatement, refused, tidy
from bank.files.values import amount_of, day_of
from bank.files.xml import Node, read_xml
from bank.identifiers import plain_iban

NAMESPACE = re.compile(r"urn:(iso:std:iso:20022:tech:xsd:|swift:xsd:\$?)camt\.05[23]\.001\.\d\d")
VERSIONS = {"02", "03", "04", "05", "06", "07", "08"}
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
NOT_PROVIDED = "NOTPROVIDED"


def read_camt(path: Path) -> list[FileStatement]:
    """Return the statements of a file, booked entries only. Raises `FileRefusedError`."""
    found: list[FileStatement] = []
    current = _Statement()

    def take(node: Node, names: list[str]) -> bool:
        nonlocal current
        if len(names) == 1:
            _check_root(node)
        if names[-2:] == ["Stmt", "Ntry"]:
            current.take_entry(node)
            return True
        if names[-1] == "Stmt" and len(names) == 3:
            found.append(current.finish(node))
            current = _Statement()
            return True
        return False

    read_xml(path, take)
    if not found:
        raise refused(_("there is no statement in it (CAMT.053 has an element Stmt)."))
    return found


def _check_root(node: Node) -> None:
    namespace = node.attributes.get("xmlns", "")
    if node.name != "Document" or not NAMESPACE.fullmatch(namespace):
        raise refused(
            _("this XML is no statement of a bank: it begins as “%(name)s”.") % {"name": node.name}, line=node.line
        )
    if "camt.053" not in namespace or namespace[-2:] not in VERSIONS:
        message = _("this is %(kind)s: what can be read is CAMT.053, versions 02 to 08.")
        raise refused(message % {"kind": namespace.rpartition(":")[2]}, line=node.line)


class _Statement:
    """A statement that is being read: its entries come before its end."""

    def __init__(self) -> None:
        self.read = FileStatement()
        self.currencies: dict[str, int] = {}

    def take_entry(self, entry: Node) -> None:
        """Take the lines of one entry; one that is not booked is left out."""
        if (entry.say("Sts/Cd") or entry.say("Sts") or "BOOK") != "BOOK":
            return
        amount = self._amount(entry, "Amt")
        sign = _sign(entry)
        booked = _day(entry, "BookgDt") or _day(entry, "ValDt")
        if booked is None:
            raise refused(_("an entry has no day of booking (BookgDt)."), line=entry.line)
        values = {
            "booked_on": booked,
            "value_on": _day(entry, "ValDt") or booked,
            "bank_reference": tidy(entry.say("AcctSvcrRef", "NtryRef"), 255),
        }
        for place, (part, each) in enumerate(self._parts(entry, amount)):
            if each:
                self.read.add(_line(entry, part, each * sign, values | {"place": place}))

    def _parts(self, entry: Node, amount: Decimal) -> list[tuple[Node | None, Decimal]]:
        """Return the transactions of an entry with their amounts, where these add up to it; else it is one."""
        details = entry.all("NtryDtls/TxDtls")
        amounts = []
        for detail in details:
            node = detail.find("Amt") or detail.find("AmtDtls/TxAmt/Amt")
            amounts.append(amount_of(node.text, line=node.line, what="Amt") if node else None)
        if len(details) > 1 and None not in amounts and sum(amounts) == amount:
            return list(zip(details, amounts, strict=True))
        return [(details[0] if details else None, amount)]

    def _amount(self, node: Node, path: str) -> Decimal:
        found = node.find(path)
        if found is None:
            raise refused(_("an element %(name)s has no amount.") % {"name": node.name}, line=node.line)
        self.currencies.setdefault(found.attributes.get("Ccy", ""), found.line)
        return amount_of(found.text, line=found.line, what=path)

    def finish(self, node: Node) -> FileStatement:
        """Return the statement, at its end."""
        read = self.read
        read.line = node.line
        read.account = plain_iban(node.say("Acct/Id/IBAN", "Acct/Id/Othr/Id"))
        read.reference = tidy(node.say("Id"), 100)
        for balance in node.all("Bal"):
            kind = balance.say("Tp/CdOrPrtry/Cd")
            if kind in (*OPENING, *CLOSING):
                amount = self._amount(balance, "Amt") * _sign(balance)
                # Of several, as on the pages of one statement, the first is the opening one, and the last the closing.
                if kind in CLOSING:
                    read.closing, read.last_on = amount, _day(balance, "Dt") or read.last_on
                elif read.opening is None:
                    read.opening = amount
        read.first_on = _day(node, "FrToDt/FrDtTm")
        read.last_on = read.last_on or _day(node, "FrToDt/ToDtTm")
        self.currencies.setdefault(node.say("Acct/Ccy"), node.line)
        named = {name: line for name, line in self.currencies.items() if name}
        if len(named) > 1:
            message = _("several currencies stand in one statement: %(names)s.")
            raise refused(message % {"names": ", ".join(sorted(named))}, line=max(named.values()))
        read.currency = next(iter(named), "")
        return read


def _sign(node: Node) -> int:
    told = node.say("CdtDbtInd")
    if told not in {"CRDT", "DBIT"}:
        raise refused(_("it does not say whether money came in or went out (CdtDbtInd)."), line=node.line)
    return 1 if told == "CRDT" else -1


def _day(node: Node, path: str):
    found = node.find(path)
    if found is None:
        return None
    text = found.say("Dt", "DtTm") or found.text.strip()
    return day_of(text, line=found.line, what=path) if text else None


def _line(entry: Node, part: Node | None, amount: Decimal, values: dict[str, object]) -> FileLine:
    detail = part or entry
    # Who is at the other side: who paid what came in, who got what went out. A return tells both as they were once.
    side = "Dbtr" if (amount > 0) == (detail.find("RtrInf") is None) else "Cdtr"
    original = detail.find("AmtDtls/InstdAmt/Amt") if detail.find("RtrInf") else None
    said = [node.text for node in detail.all("RmtInf/Ustrd")]
    structured = detail.say("RmtInf/Strd/CdtrRefInf/Ref")
    end_to_end = detail.say("Refs/EndToEndId")
    reference = structured or ("" if end_to_end == NOT_PROVIDED else end_to_end)
    if structured and end_to_end not in {"", NOT_PROVIDED}:
        said.append(end_to_end)
    said += [detail.say("RmtInf/Strd/RfrdDocInf/Nb")] if detail.find("RmtInf/Strd/RfrdDocInf/Nb") else []
    if end_to_end and end_to_end != NOT_PROVIDED and detail.find("RtrInf"):
        reference = end_to_end
    return FileLine(
        **values,
        amount=amount,
        party_name=tidy(detail.say(f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm"), 200),
        party_iban=plain_iban(detail.say(f"RltdPties/{side}Acct/Id/IBAN", f"RltdPties/{side}Acct/Id/Othr/Id")),
        reference=tidy(reference, 100),
        text=tidy(" ".join(filter(None, said)) or detail.say("AddtlTxInf") or entry.say("AddtlNtryInf"), LONGEST_TEXT),
        return_code=tidy(detail.say("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"), 4),
        original_amount=(amount_of(original.text, line=original.line, what="InstdAmt") or None) if original else None,
        line=detail.line,
    )
