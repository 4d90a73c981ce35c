"""
Which column of a file is what: by its heading, or as a person or a profile says.

A mapping has, for the headings of a declaration, where the text comes from: a column of the file, several joined, a
constant, or the constants that stand for what the cells say. What it does not name is matched by heading.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from customerflow.loads.cleaning import ORDERS, Day
from customerflow.loads.declaration import Column, Declaration
from customerflow.loads.headings import accepted, match, plain
from customerflow.loads.refusals import CannotRunError, FileRefusedError

# What a profile may say of where the text of a column comes from.
ORIGIN_FORM = {
    "column": str,
    "columns": list,
    "joint": str,
    "value": str,
    "values": dict,
    "otherwise": str,
    "prefix": str,
}


@dataclass(frozen=True)
class Origin:
    """
    Where the text of a column comes from: the cells under `headings`, joined, or `value` where there is none.

    `values` says what the text stands for, and `otherwise` what any other text stands for; without it, for itself.
    `prefix` comes before what is not empty then.
    """

    headings: tuple[str, ...] = ()
    joint: str = " "
    value: str = ""
    values: dict[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    prefix: str = ""

    @classmethod
    def of(cls, said: object) -> "Origin":
        """Return what a profile says: a heading, or a table of `column` or `columns`, `joint`, `value` and so on."""
        if isinstance(said, str):
            return cls((said,))
        if not _is_origin(said):
            raise CannotRunError(
                _("A profile says “%(said)s”; expected is a heading, or a table of texts with some of: %(names)s.")
                % {"said": said, "names": ", ".join(ORIGIN_FORM)}
            )
        headings = said.get("columns", [said["column"]] if "column" in said else [])
        return cls(
            tuple(headings),
            said.get("joint", " "),
            said.get("value", ""),
            dict(said.get("values", {})),
            said.get("otherwise"),
            said.get("prefix", ""),
        )

    def as_said(self) -> object:
        """Return what `of` takes."""
        if self == Origin(self.headings[:1]) and self.headings:
            return self.headings[0]
        said = {"columns": list(self.headings)} if self.headings else {"value": self.value}
        if self.joint != " ":
            said["joint"] = self.joint
        if self.values:
            said["values"] = self.values
        if self.otherwise is not None:
            said["otherwise"] = self.otherwise
        if self.prefix:
            said["prefix"] = self.prefix
        return said

    def text(self, cells: Sequence[str], places: Sequence[int]) -> str:
        """Return the text of one row."""
        if not places:
            return self.value
        text = self.joint.join(filter(None, (cells[place].strip() for place in places)))
        if text in self.values:
            text = self.values[text]
        elif self.otherwise is not None:
            text = self.otherwise
        return f"{self.prefix}{text}" if text else text


def _is_origin(said: object) -> bool:
    """Return whether `said` is a table of `ORIGIN_FORM`; all of it is text."""
    if not isinstance(said, dict) or not all(isinstance(said[name], ORIGIN_FORM.get(name, ())) for name in said):
        return False
    texts = [*said.get("columns", []), *said.get("values", {}), *said.get("values", {}).values()]
    return all(isinstance(text, str) for text in texts) and not {"column", "columns"} <= said.keys()


@dataclass(frozen=True)
class Mapping:
    """
    What the columns of one file are, for one kind of record.

    `columns` has an `Origin` for headings of the declaration, `ignore` are headings of the file that are not wanted.
    `date_order` is "ymd", "dmy" or "mdy". With `is_distinct`, rows that say the same are one.
    """

    columns: dict[str, Origin] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    date_order: str = ""
    is_distinct: bool = False

    @classmethod
    def of(cls, said: dict[str, object]) -> "Mapping":
        """Return the mapping that a profile, or the database, has in this form; raises `CannotRunError`."""
        order = said.get("date_order", "")
        if order and order not in ORDERS:
            raise CannotRunError(
                _("There is no order of dates “%(order)s”; there are %(orders)s.")
                % {"order": order, "orders": ", ".join(ORDERS)}
            )
        columns = {heading: Origin.of(origin) for heading, origin in said.get("columns", {}).items()}
        return cls(columns, tuple(said.get("ignore", ())), order, bool(said.get("distinct", False)))

    def as_said(self) -> dict[str, object]:
        """Return what `of` takes."""
        said = {"columns": {heading: origin.as_said() for heading, origin in self.columns.items()}}
        said |= {"ignore": list(self.ignore)} if self.ignore else {}
        said |= {"date_order": self.date_order} if self.date_order else {}
        return said | ({"distinct": True} if self.is_distinct else {})

    def check(self, declaration: type[Declaration]) -> None:
        """Raise `CannotRunError` that names the columns which a kind of record has not."""
        known = accepted(declaration.columns)
        if unknown := [name for name in self.columns if plain(name) not in known]:
            raise CannotRunError(
                _("%(kind)s have no column %(names)s; there are %(known)s.")
                % {
                    "kind": declaration.plural().capitalize(),
                    "names": ", ".join(unknown),
                    "known": ", ".join(column.heading for column in declaration.columns),
                }
            )

    def bind(self, headings: Sequence[str], declaration: type[Declaration], *, line: int) -> "Bound":
        """
        Return where each column of the declaration is in a row of the file whose headings, on `line`, these are.

        Raises `FileRefusedError` that names every heading that is unknown, missing or there twice.
        """
        known = accepted(declaration.columns)
        self.check(declaration)
        origins = {known[plain(name)].heading: origin for name, origin in self.columns.items()}
        places = {plain(heading): place for place, heading in reversed(list(enumerate(headings)))}
        used = {plain(heading) for origin in origins.values() for heading in origin.headings}
        if missing := sorted(heading for heading in used if heading not in places):
            found = ", ".join(headings)
            reason = _("there is no column “%(name)s”; there are %(found)s.")
            raise FileRefusedError(reason % {"name": missing[0], "found": found}, line=line)
        rest = tuple(column for column in declaration.columns if column.heading not in origins)
        ignored = {*self.ignore, *(heading for heading in headings if plain(heading) in used)}
        matched = match(list(headings), rest, ignored, line=line, is_enough=bool(origins))
        bound = Bound(len(headings))
        for place, column in enumerate(matched):
            if column:
                bound.add(self._ordered(column), place)
        for column in declaration.columns:
            if origin := origins.get(column.heading):
                bound.compute(self._ordered(column), origin, [places[plain(name)] for name in origin.headings])
        return bound

    def _ordered(self, column: Column) -> Column:
        is_day = self.date_order and isinstance(column.clean, Day)
        return replace(column, clean=replace(column.clean, order=self.date_order)) if is_day else column


class Bound:
    """The columns of a declaration, each with its place in a row; what is computed is put behind the row's cells."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.columns: list[tuple[int, Column]] = []
        self.computed: list[tuple[Origin, list[int]]] = []

    def add(self, column: Column, place: int) -> None:
        """Let a column be the cell at `place`."""
        self.columns.append((place, column))

    def compute(self, column: Column, origin: Origin, places: list[int]) -> None:
        """Let a column be computed from the cells at `places`."""
        if origin == Origin(origin.headings) and len(places) == 1:
            self.add(column, places[0])
        else:
            self.add(column, self.width + len(self.computed))
            self.computed.append((origin, places))

    def cells(self, cells: list[str]) -> list[str]:
        """Return the cells of a row with what is computed from them."""
        if not self.computed:
            return cells
        return [*cells, *(origin.text(cells, places) for origin, places in self.computed)]


def fingerprint_text(headings: Iterable[str]) -> str:
    """Return what tells files of one form apart from others: their headings, in plain form."""
    return "\n".join(sorted(plain(heading) for heading in headings))
