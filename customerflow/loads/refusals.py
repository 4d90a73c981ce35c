"""What a load refuses, and how it says so."""

from dataclasses import asdict, dataclass

LONGEST_SHOWN = 80


class CannotRunError(Exception):
    """The load could not begin: no such file, no such encoding, a database that does not answer."""


class FileRefusedError(Exception):
    """A whole file cannot be loaded; `line` is where that was seen, 0 where no line is to blame."""

    def __init__(self, reason: str, *, line: int = 0, heading: str = "", value: str = "") -> None:
        super().__init__(reason)
        self.reason, self.line, self.heading, self.value = reason, line, heading, value


@dataclass(frozen=True)
class Refusal:
    """One thing that is wrong: where, what stands there, and why it is not accepted."""

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        about = f"{self.column} “{self.value}”" if self.column and self.value else self.column
        return ": ".join(filter(None, (place, about, self.reason)))

    def as_dict(self) -> dict[str, object]:
        """Return the refusal for a report that machines read."""
        return asdict(self)


@dataclass(frozen=True)
class Change:
    """One value that a load replaces."""

    file: str
    line: int
    key: str
    column: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.key}: {self.column} “{self.old}” -> “{self.new}”"

    def as_dict(self) -> dict[str, object]:
        """Return the change for a report that machines read."""
        return asdict(self)


def shorten(value: object) -> str:
    """Return `value` as text of at most 80 characters, on one line."""
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
