"""
Rows and money in the files against rows and money here, to the cent.

While a file is read its amounts are added up; when it is loaded, and the transaction not yet at its end, those of the
records that its rows are about are read back from the database. What of it was refused, was a repeat of another row, or
stayed as it was is counted; what is then left is the difference, and it is 0.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customerflow.loads.declaration import Column, Declaration
from customerflow.loads.models import LoadedFile
from customerflow.loads.refusing import count_refused
from customerflow.loads.staging import NEW_ID, Stage, is_good, is_refused
from customerflow.money import MoneyField, format_money, from_minor


def money_columns(declaration: type[Declaration]) -> list[Column]:
    """Return the columns that are amounts of money."""
    return [
        column
        for column in declaration.columns
        if declaration.is_of_model(column.field) and isinstance(declaration.field(column.field), MoneyField)
    ]


class ReadSums:
    """What the amounts of a file come to while it is read, by place among its columns; in minor units."""

    def __init__(self, columns: Sequence[Column], declaration: type[Declaration]) -> None:
        amounts = {column.field for column in money_columns(declaration)}
        self.fields = {place: column.field for place, column in enumerate(columns) if column.field in amounts}
        self.read = dict.fromkeys(self.fields.values(), 0)
        # Of `read`, what stands in rows that are refused while they are read.
        self.refused = dict.fromkeys(self.fields.values(), 0)
        self.unreadable = dict.fromkeys(self.fields.values(), 0)

    def add(self, values: Sequence[object]) -> None:
        """Add the amounts of a good row."""
        for place, name in self.fields.items():
            self.read[name] += values[place] or 0

    def add_refused(self, place: int, value: object) -> None:
        """Add what one cell of a refused row says, if it is an amount."""
        if name := self.fields.get(place):
            self.read[name] += value or 0
            self.refused[name] += value or 0

    def miss(self, places: Iterable[int]) -> None:
        """Count cells that should be amounts and cannot be read."""
        for place in places:
            if name := self.fields.get(place):
                self.unreadable[name] += 1


@dataclass
class Total:
    """
    What a column of a file comes to, there and here: amounts in minor units; without a `column`, it is rows.

    `read` is what the file says. Of that, `merged` stands in rows that repeat others, `refused` in refused ones, `left`
    is what records that are left as they are would have become more, and `stored` is what the records have that the
    rows are about; None where nothing is loaded. `difference` is what nobody can explain, and 0. Not in `read` are
    cells that are no amounts, so many are `unreadable`, and what records have for which the file says nothing:
    `filled`. `years` has for each year [year, in the file, stored], of the good rows. Of documents in force,
    `settled` and `open` are parts of what is stored, and `is_paid` says that they are what customers paid.
    """

    column: str
    read: int
    refused: int
    merged: int = 0
    left: int = 0
    stored: int | None = None
    unreadable: int = 0
    filled: int = 0
    years: list[list] = field(default_factory=list)
    settled: int | None = None
    open: int | None = None
    is_paid: bool = False

    @property
    def difference(self) -> int | None:
        """What is in the file, and neither here nor accounted for."""
        return None if self.stored is None else self.read - self.merged - self.refused - self.left - self.stored

    def shown(self, amount: int | None) -> str:
        """Return one of the numbers for a person."""
        if amount is None:
            return ""
        return format_money(from_minor(amount)) if self.column else str(amount)

    def reasons(self) -> Iterator[str]:
        """Yield in words why what is here is not what is in the file."""
        parts = [
            (self.merged, _("%(amount)s in rows that repeat others")),
            (self.refused, _("%(amount)s in refused rows")),
            (self.left, _("%(amount)s less in records that are left as they are")),
            (self.filled, _("%(amount)s more here where the file says nothing")),
        ]
        yield from (words % {"amount": self.shown(amount)} for amount, words in parts if amount)
        if self.unreadable:
            yield ngettext(
                "%(count)d cell cannot be read as an amount and is in no sum",
                "%(count)d cells cannot be read as amounts and are in no sum",
                self.unreadable,
            ) % {"count": self.unreadable}

    def words(self) -> dict[str, object]:
        """Return the total for a person."""
        return {
            "name": self.column or _("Rows"),
            "read": self.shown(self.read),
            "stored": self.shown(self.stored),
            "difference": self.shown(self.difference),
            "is_wrong": bool(self.difference),
            "reasons": list(self.reasons()),
            "years": [(year, self.shown(said), self.shown(stored)) for year, said, stored in self.years],
        }

    def line(self) -> str:
        """Return the total in one line."""
        if self.stored is None:
            said = _("%(name)s: %(read)s in the file") % self.words()
        else:
            said = _("%(name)s: %(read)s in the file, %(stored)s here, difference %(difference)s") % self.words()
        return "; ".join([said, *self.reasons()])

    def as_dict(self) -> dict[str, object]:
        """Return what is kept in `LoadedFile.totals`: the fields, and the difference."""
        return {**asdict(self), "difference": self.difference}

    @classmethod
    def of(cls, kept: dict[str, object]) -> "Total":
        """Return the total that is kept as `as_dict` says."""
        return cls(**{name: value for name, value in kept.items() if name != "difference"})


def totals_of(stage: Stage, sums: ReadSums, *, rows: int, repeated: int, is_applied: bool) -> list[Total]:
    """
    Return what the rows of a file, and each of its amounts, come to; the first is that of the rows.

    `rows` are all that are staged, `repeated` those that were merged into them.
    """
    refused_rows = count_refused(stage)
    of_rows = Total("", rows + repeated, refused_rows, merged=repeated)
    totals = [of_rows]
    for column in money_columns(stage.declaration):
        name = column.field
        if name not in stage.filled:
            continue
        staged, refused = _staged(stage, name)
        # What the declaration computes from the rows is not read, but staged only.
        total = Total(column.heading, staged, refused)
        if name in sums.read:
            total.read, total.unreadable = sums.read[name], sums.unreadable[name]
            total.refused += sums.refused[name]
            total.merged = total.read - sums.refused[name] - staged if repeated else 0
        totals.append(total)
        if is_applied:
            _read_back(stage, name, total)
    if is_applied:
        of_rows.stored = _count_back(stage) if stage.is_referred else rows - refused_rows
    return totals


def needs_keys(declaration: type[Declaration]) -> bool:
    """Return whether it must be known which records the rows of a kind become: to read its amounts back."""
    return declaration.needs_keys or bool(money_columns(declaration))


def _staged(stage: Stage, name: str) -> tuple[int, int]:
    """Return the sum of what is staged in a column, and what of it is refused since."""
    refused = f'CASE WHEN {is_refused(stage)} THEN "{name}" END'
    sums = stage.query(f'SELECT SUM("{name}"), SUM({refused}) FROM {stage.rows} AS s')[0]
    return int(sums[0] or 0), int(sums[1] or 0)


def _records(stage: Stage) -> str:
    """Return the SQL of the good rows, `new`, each with the record, `record`, that it is about now."""
    return f"""
        FROM {stage.rows} AS new
        LEFT JOIN {stage.matches} AS m ON m.row_number = new.row_number
        JOIN {stage.table} AS record ON record.id = COALESCE(new.{NEW_ID}, m.target)
        WHERE {is_good(stage, "new")}
    """


def _count_back(stage: Stage) -> int:
    return stage.query(f"SELECT COUNT(DISTINCT record.id) {_records(stage)}")[0][0]


def _read_back(stage: Stage, name: str, total: Total) -> None:
    """Say of an amount what the records have now."""
    stays = f"new.{NEW_ID} IS NULL AND (m.is_changed = 0 OR {int(stage.declaration.column(name).is_new_only)} = 1)"
    sums = stage.query(
        f"""
        SELECT SUM(CASE WHEN new."{name}" IS NOT NULL THEN record."{name}" END),
               SUM(CASE WHEN new."{name}" IS NULL THEN record."{name}" END),
               SUM(CASE WHEN {stays} THEN new."{name}" - record."{name}" END)
        {_records(stage)}
        """
    )[0]
    total.stored, total.filled, total.left = (int(amount or 0) for amount in sums)
    if stage.declaration.dated_by:
        total.years = _by_year(stage, name)
    balance = stage.declaration.balance
    if balance and balance.amount == name:
        fields = f'SUM(record."{balance.amount}"), SUM(record."{balance.settled}")'
        amount, settled = stage.query(f"SELECT {fields} {_records(stage)} AND ({balance.counts})")[0]
        total.settled, total.is_paid = int(settled or 0), balance.is_paid
        total.open = int(amount or 0) - total.settled


def _by_year(stage: Stage, name: str) -> list[list]:
    """Return for each year what the good rows say, and what their records have."""
    day = f'SUBSTR(CAST(record."{stage.declaration.dated_by}" AS text), 1, 4)'
    found = stage.query(
        f'SELECT {day}, SUM(new."{name}"), SUM(record."{name}") {_records(stage)} GROUP BY {day} ORDER BY {day}'
    )
    return [[year, int(said or 0), int(stored or 0)] for year, said, stored in found]


@dataclass(frozen=True)
class Account:
    """
    What of the documents of a load was charged and paid, and what is open of both, in minor units.

    Charged less paid is what is owed: what is open of the invoices, less the credit of payments that settle nothing.
    """

    charged: int
    paid: int
    open: int
    credit: int

    @property
    def owed(self) -> int:
        """What is charged and not paid."""
        return self.charged - self.paid

    @property
    def difference(self) -> int:
        """What is owed, and not open: 0."""
        return self.owed - (self.open - self.credit)


def account_of(totals: Iterable[Total]) -> Account | None:
    """Return what the documents of a load come to; None where there are none, and before they are loaded."""
    documents = [total for total in totals if total.open is not None]
    if not documents:
        return None
    charged = [total for total in documents if not total.is_paid]
    paid = [total for total in documents if total.is_paid]
    return Account(
        sum(total.settled + total.open for total in charged),
        sum(total.settled + total.open for total in paid),
        sum(total.open for total in charged),
        sum(total.open for total in paid),
    )


def account_words(account: Account) -> dict[str, str]:
    """Return what the documents of a load come to, for a person."""
    names = ("charged", "paid", "owed", "open", "credit", "difference")
    return {name: format_money(from_minor(getattr(account, name))) for name in names}


def account_lines(totals: Iterable[Total]) -> Iterator[str]:
    """Yield the line that says what the documents of a load come to, if there are any."""
    if account := account_of(totals):
        yield _(
            "Charged %(charged)s less paid %(paid)s is %(owed)s; open %(open)s less credit %(credit)s, "
            "difference %(difference)s."
        ) % account_words(account)


def reconciliation_of(files: Iterable[LoadedFile]) -> dict[str, object]:
    """
    Return what the page of a load, `loads/_reconciliation.html`, shows of rows and money.

    Of one file without amounts it shows nothing: its counts say it all.
    """
    totals = [(file, Total.of(kept)) for file in files for kept in file.totals]
    if not any(total.column for _file, total in totals) and len(totals) < 2:
        return {}
    account = account_of(total for _file, total in totals)
    return {
        "reconciled": [(file, total.words()) for file, total in totals],
        "is_reconciled": any(total.stored is not None for _file, total in totals),
        "account": account_words(account) if account else None,
    }
