"""CSV of banks, by a profile that says which heading is which field, and how days and amounts are written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bank.files.content import LONGEST_TEXT, FileLine, FileStatement, refused, tidy
from bank.files.values import FIRST_YEAR, LAST_YEAR
from bank.identifiers import plain_iban
from customerflow.loads.cleaning import ORDERS, Day
from customerflow.loads.headings import plain
from customerflow.loads.looking import Look, look
from customerflow.loads.reading import open_table
from customerflow.loads.sources import Row, Shape
from customerflow.money import from_minor, to_minor

FIELDS = {
    "booked_on": gettext_lazy("Day of booking"),
    "value_on": gettext_lazy("Value day"),
    "amount": gettext_lazy("Amount, with its sign"),
    "credit": gettext_lazy("Amount that came in"),
    "debit": gettext_lazy("Amount that went out"),
    "currency": gettext_lazy("Currency"),
    "party_name": gettext_lazy("Name of the other side"),
    "party_iban": gettext_lazy("IBAN of the other side"),
    "reference": gettext_lazy("Reference"),
    "text": gettext_lazy("Text"),
    "bank_reference": gettext_lazy("Bank's own reference of the line"),
    "balance": gettext_lazy("Balance behind the line"),
}
NAMES = {
    "booked_on": "booking date|date booked|date|buchungstag|buchungsdatum|buchung|datum|fecha|data|transaction date"
    "|posting date|boekdatum|date operation|completed date|dateoperation",
    "value_on": "value date|valuta|valutadatum|wertstellung|wertstellungstag|value|fecha valor|date valeur",
    "amount": "amount|betrag|umsatz|importe|montant|bedrag|importo|amount (eur)|betrag (eur)|betrag (€)|amount eur",
    "credit": "credit|haben|paid in|money in|deposit|credit amount|ingreso|gutschrift|deposits|avere",
    "debit": "debit|soll|paid out|money out|withdrawal|debit amount|cargo|lastschrift|withdrawals|dare",
    "currency": "currency|waehrung|währung|ccy|divisa|moneda|devise|valuta code",
    "party_name": "name|payer|counterparty|counterparty name|beguenstigter/zahlungspflichtiger|auftraggeber|payee"
    "|partner|name zahlungsbeteiligter|beneficiary|partner name|zahlungspflichtige*r|debtor|naam"
    "|auftraggeber/empfänger",
    "party_iban": "iban|counterparty iban|kontonummer/iban|iban zahlungsbeteiligter|account|partner iban|tegenrekening"
    "|counterparty account|debtor iban",
    "reference": "end-to-end reference|end to end|payment reference|kundenreferenz|kundenreferenz (end-to-end)"
    "|zahlungsreferenz|customer reference|referenz|end-to-end id",
    "text": "text|purpose|verwendungszweck|description|details|concepto|remittance|memo|remittance information"
    "|buchungstext|communication|libelle|causale|omschrijving|narrative|message",
    "bank_reference": "transaction id|bank reference|reference number|entry reference|id"
    "|transaktions-id|referenznummer",
    "balance": "balance|saldo|saldo nach buchung|running balance|solde|balance after",
}
AMOUNTS = {
    ".": re.compile(r"[+-]?(?:\d{1,3}(?:[,' \u00a0\u202f]\d{3})+|\d{1,13})(?:\.\d{0,5})?[+-]?", re.ASCII),
    ",": re.compile(r"[+-]?(?:\d{1,3}(?:[.' \u00a0\u202f]\d{3})+|\d{1,13})(?:,\d{0,5})?[+-]?", re.ASCII),
}
GROUPS = re.compile("[.,' \u00a0\u202f]")
# Bank's headings stand below some lines about the account.
MOST_BEFORE_HEADINGS = 20


@dataclass
class Layout:
    """How a CSV file is read; `columns` maps each field to a heading, that of the text to one or several."""

    delimiter: str = ""
    encoding: str = ""
    header_line: int = 0
    date_order: str = "ymd"
    decimal_sign: str = "."
    columns: Mapping[str, str | list[str]] = field(default_factory=dict)


def check_columns(columns: Mapping[str, object]) -> None:
    """Raise `ValidationError`, keyed by field, where lines cannot be made of such columns."""
    if not columns.get("booked_on"):
        raise ValidationError({"booked_on": _("Say in which column the day is.")})
    if not (columns.get("amount") or columns.get("credit")):
        raise ValidationError({"amount": _("Say in which column the amount is, or what came in.")})
    if columns.get("amount") and (columns.get("credit") or columns.get("debit")):
        raise ValidationError({"amount": _("One column with a sign, or two columns: not both.")})


def read_csv(path: Path, layout: Layout, *, name: str = "") -> list[FileStatement]:
    """
    Return the one statement of a file. The balances are told where there is a column of them.

    Raises `FileRefusedError` and `CannotRunError`.
    """
    statement = FileStatement()
    shape = Shape("csv", layout.encoding, layout.delimiter, "", layout.header_line)
    with open_table(path, shape, name=name) as table:
        reader = _Reader(layout, table.headings, table.header_line)
        for row in table:
            if row.problem:
                raise refused(row.problem, line=row.line)
            if (line := reader.line_of(row)) is not None:
                statement.add(line)
    statement.currency = reader.currency
    _tell_balances(statement)
    days = [line.booked_on for line in statement.lines]
    statement.first_on, statement.last_on = min(days, default=None), max(days, default=None)
    return [statement]


def _tell_balances(statement: FileStatement) -> None:
    """Take the balances from the lines, which stand from the oldest to the newest or the other way round."""
    lines = statement.lines
    if not lines or any(line.balance is None for line in lines):
        return
    first, last = lines[0], lines[-1]
    if len(lines) > 1 and lines[1].balance != first.balance + lines[1].amount:
        first, last = last, first
    statement.opening, statement.closing = first.balance - first.amount, last.balance


class _Reader:
    """Makes lines of rows."""

    def __init__(self, layout: Layout, headings: list[str], line: int) -> None:
        self.layout, self.currency = layout, ""
        self.day = Day(required=True, order=layout.date_order)
        places = {plain(heading): place for place, heading in reversed([*enumerate(headings)])}
        self.places: dict[str, list[int]] = {}
        for name, wanted in layout.columns.items():
            wanted = [wanted] if isinstance(wanted, str) else wanted
            missing = [heading for heading in wanted if heading and plain(heading) not in places]
            if missing:
                message = _("there is no column “%(name)s”: is this the right profile? The file has %(there)s.")
                words = {"name": missing[0], "there": ", ".join(filter(None, headings[:12]))}
                raise refused(message % words, line=line)
            self.places[name] = [places[plain(heading)] for heading in wanted if heading]

    def line_of(self, row: Row) -> FileLine | None:
        """Return the line of a row; None for one without an amount, such as a sum or a note."""
        amount = self._amount(row)
        if not amount:
            return None
        booked = self._day(row, "booked_on")
        currency = self._say(row, "currency").upper()
        if currency and self.currency and currency != self.currency:
            message = _("several currencies stand in one statement: %(names)s.")
            raise refused(message % {"names": f"{self.currency}, {currency}"}, line=row.line)
        self.currency = self.currency or currency
        balance = self._say(row, "balance")
        return FileLine(
            booked_on=booked,
            value_on=self._day(row, "value_on") if self._say(row, "value_on") else booked,
            amount=amount,
            party_name=tidy(self._say(row, "party_name"), 200),
            party_iban=plain_iban(tidy(self._say(row, "party_iban"), 60)),
            bank_reference=tidy(self._say(row, "bank_reference"), 255),
            reference=tidy(self._say(row, "reference"), 100),
            text=tidy(self._say(row, "text"), LONGEST_TEXT),
            balance=self._money(balance, row.line) if balance else None,
            line=row.line,
        )

    def _say(self, row: Row, name: str) -> str:
        return " ".join(filter(None, (row.cells[place].strip() for place in self.places.get(name, ()))))

    def _amount(self, row: Row) -> Decimal | None:
        if "amount" in self.places:
            text = self._say(row, "amount")
            return self._money(text, row.line) if text else None
        came, went = (self._say(row, name) for name in ("credit", "debit"))
        came = self._money(came, row.line) if came else 0
        went = self._money(went, row.line) if went else 0
        if came and went:
            raise refused(_("something came in and went out in one line."), line=row.line)
        return abs(came) or -abs(went) or None

    def _money(self, text: str, line: int) -> Decimal:
        cleaned = text.replace("\u2212", "-").removesuffix("EUR").removesuffix("€").strip()
        if not AMOUNTS[self.layout.decimal_sign].fullmatch(cleaned):
            message = _("“%(text)s” is not an amount with the decimal sign “%(sign)s”.")
            raise refused(message % {"text": text[:40], "sign": self.layout.decimal_sign}, line=line)
        sign = -1 if "-" in (cleaned[0], cleaned[-1]) else 1
        whole, _sign, decimals = cleaned.strip("+-").partition(self.layout.decimal_sign)
        try:
            return from_minor(to_minor(sign * Decimal(f"{GROUPS.sub('', whole)}.{decimals or 0}").normalize()))
        except ValidationError as error:
            raise refused(" ".join(error.messages), line=line) from error

    def _day(self, row: Row, name: str) -> date:
        text = self._say(row, name)
        try:
            day = date.fromisoformat(self.day(_long_year(text, self.layout.date_order)))
        except ValidationError as error:
            raise refused(f"{FIELDS[name]}: {' '.join(error.messages)}", line=row.line, value=text) from error
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise refused(_("“%(text)s” is a day of another century.") % {"text": text[:40]}, line=row.line)
        return day


def _long_year(text: str, order: str) -> str:
    """Return a day such as 31.01.26 with its century; banks write so, and of no other one."""
    found = re.fullmatch(r"(\d\d?)([./-])(\d\d?)\2(\d\d)", text, re.ASCII)
    return f"{found[1]}{found[2]}{found[3]}{found[2]}20{found[4]}" if found and order != "ymd" else text


def guess_layout(path: Path, *, name: str = "") -> tuple[Layout, Look]:
    """Return how a file is probably read, and what was seen of it: an offer for a person to look at."""
    known = {plain(each): field for field, names in NAMES.items() for each in names.split("|")}
    best, seen = {}, look(path, Shape("csv"), known, name=name)
    encoding = "" if not seen.candidates or seen.candidates[0].encoding == "utf-8" else seen.candidates[0].encoding
    for header_line in range(MOST_BEFORE_HEADINGS):
        each = look(path, Shape("csv", encoding, "", "", header_line), known, name=name)
        found: dict[str, str | list[str]] = {}
        for heading in each.headings:
            told = known.get(plain(heading))
            if told == "text":
                found.setdefault("text", []).append(heading)
            elif told:
                found.setdefault(told, heading)
        if len(found) > len(best):
            best, seen = found, each
    if "amount" in best:
        best.pop("credit", None), best.pop("debit", None)
    return _guessed(best, seen, encoding), seen


def _guessed(columns: dict[str, str | list[str]], seen: Look, encoding: str) -> Layout:
    def cells(*names: str) -> Iterable[str]:
        wanted = [place for place, each in enumerate(seen.headings) if each in [columns.get(name) for name in names]]
        return [row.cells[place].strip() for row in seen.rows if not row.problem for place in wanted]

    amounts = [cell for cell in cells("amount", "credit", "debit", "balance") if cell]
    commas = sum(bool(re.search(r",\d{1,2}\D*$", cell)) for cell in amounts)
    orders = [order for order in ORDERS if all(_is_day(cell, order) for cell in cells("booked_on", "value_on") if cell)]
    return Layout(
        delimiter=seen.shape.delimiter or ",",
        encoding=encoding,
        header_line=seen.shape.header_line if seen.shape.header_line > 1 else 0,
        date_order="dmy" if "dmy" in orders and "ymd" not in orders else (orders or ["ymd"])[0],
        decimal_sign="," if commas * 2 > len(amounts) else ".",
        columns=columns,
    )


def _is_day(cell: str, order: str) -> bool:
    try:
        return bool(Day(order=order)(_long_year(cell, order)))
    except ValidationError:
        return False
