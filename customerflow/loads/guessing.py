"""
Which column of a file is probably what, by its heading and by what stands under it.

It is an offer to a person who sees it beside the first rows: a load itself guesses nothing. What may be two things, and
what only might be one, is left open.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from django.core.exceptions import ValidationError

from customerflow.loads.cleaning import NO, ORDERS, YES, Day, guess_date_order
from customerflow.loads.declaration import Column, Declaration, Reference
from customerflow.loads.guards import form_of
from customerflow.loads.headings import accepted, plain
from customerflow.loads.mapping import Mapping, Origin
from customerflow.loads.sources import Row
from customerflow.loads.vocabulary import NUMBERS, PEOPLE, names_of, words_in

# How alike two headings must be, from 0 to 1, to be one misspelt.
ALIKE = 0.85
# Shorter ones are too much like others: "last" like "lat".
LEAST_ALIKE = 5
# So much of what stands under a heading must be what the field takes.
MOST = 0.5
# Forms of cells that tell by themselves what they are, see `guards.FORMS`; words do where they are those of a choice.
TELLING = frozenset({"email", "mac", "ip"})
CHOSEN = "words"
# What a field that is told by its content alone does not take: a word, two letters, a number, and yes.
NOTHING_SPECIAL = ("word", "xx", "1042", "yes")


def guess(headings: Sequence[str], rows: Iterable[Row], declaration: type[Declaration]) -> Mapping:
    """Return what the columns probably are; those that say it in the words of the kind are left to their heading."""
    known = accepted(declaration.columns)
    named = {known[plain(heading)] for heading in headings if plain(heading) in known}
    places = [place for place, heading in enumerate(headings) if plain(heading) not in known]
    samples = _samples(len(headings), rows)
    guessed = _Guess(declaration, headings, samples)
    free = [column for column in declaration.columns if column not in named]
    columns = {column.heading: Origin((headings[place],)) for column, place in guessed.among(places, free).items()}
    if declaration.kind in PEOPLE and "Name" not in columns.keys() | {column.heading for column in named}:
        columns |= guessed.joined_name(places)
    return Mapping(columns, date_order=guess_date_order(cell for sample in samples for cell in sample))


class _Guess:
    """What the columns of one file are as one kind of record."""

    def __init__(self, declaration: type[Declaration], headings: Sequence[str], samples: list[list[str]]) -> None:
        self.headings, self.samples = headings, samples
        self.words = [words_in(heading, declaration.kind) for heading in headings]
        self.names = {
            column.heading: [words_in(name, declaration.kind) for name in names_of(declaration.kind, column)]
            for column in declaration.columns
        }

    def among(self, places: list[int], free: list[Column]) -> dict[Column, int]:
        """Return the columns of `free` with their places; one for which there are several is nobody's."""
        found: dict[Column, int] = {}
        for is_one in (
            self._has_words,
            self._has_words_of_number,
            self._has_words_of_name,
            self._is_alike,
            self._tells,
        ):
            offers = {place: [column for column in free if is_one(place, column)] for place in places}
            sure = {place: columns[0] for place, columns in offers.items() if len(columns) == 1}
            for place, column in sure.items():
                if list(sure.values()).count(column) == 1:
                    found[column] = place
            places = [place for place in places if place not in sure]
            free = [column for column in free if column not in sure.values()]
        return found

    def joined_name(self, places: list[int]) -> dict[str, Origin]:
        """Return the name of a person of which the file has the two parts."""
        parts = [
            [self.headings[place] for place in places if self.words[place] - {"name"} == {part}]
            for part in ("first", "last")
        ]
        return {"Name": Origin((*parts[0], *parts[1]))} if [len(part) for part in parts] == [1, 1] else {}

    def _has_words(self, place: int, column: Column) -> bool:
        return self.words[place] in self.names[column.heading] and self._takes(place, column)

    def _has_words_of_number(self, place: int, column: Column) -> bool:
        """Return whether the words are those of the field, and besides that it is a number, where that is one."""
        words = self.words[place] - {"id"}
        is_number = isinstance(column, Reference) or words in NUMBERS
        return is_number and words in self.names[column.heading] and self._takes(place, column)

    def _has_words_of_name(self, place: int, column: Column) -> bool:
        """Return whether the words are those of what a field refers to, and that it is the name of it."""
        is_name = isinstance(column, Reference) and self.words[place] - {"name"} in self.names[column.heading]
        return is_name and self._takes(place, column)

    def _is_alike(self, place: int, column: Column) -> bool:
        """Return whether the heading is nearly a name of the field; another number behind it is no slip."""
        heading = plain(self.headings[place])
        return (
            len(heading) >= LEAST_ALIKE
            and not re.search(r"\d", heading)
            and any(
                SequenceMatcher(None, heading, plain(name)).ratio() >= ALIKE
                for name in (column.heading, *column.aliases)
            )
            and self._takes(place, column)
        )

    def _tells(self, place: int, column: Column) -> bool:
        """Return whether the field takes all that stands in the column, and it can be nothing else."""
        sample = self.samples[place]
        forms = {form_of(cell) for cell in sample}
        if len(forms) != 1 or _share(column, sample) < 1 or _share(column, NOTHING_SPECIAL) > 0:
            return False
        several = {cell.strip().casefold() for cell in sample} - YES - NO
        return forms <= TELLING or (forms == {CHOSEN} and len(several) > 1)

    def _takes(self, place: int, column: Column) -> bool:
        return not self.samples[place] or _share(column, self.samples[place]) >= MOST


def _samples(width: int, rows: Iterable[Row]) -> list[list[str]]:
    """Return the cells of each column that say something."""
    whole = [row.cells for row in rows if not row.problem]
    return [[cells[place] for cells in whole if cells[place].strip()] for place in range(width)]


def _share(column: Column, sample: Sequence[str]) -> float:
    """Return how much of a sample a field takes, from 0 to 1."""
    return sum(any(_is_taken(read, cell) for read in _readings(column)) for cell in sample) / len(sample)


def _readings(column: Column) -> Iterator[Column]:
    """Yield the ways in which a field may be written: days in any order."""
    yield column
    if isinstance(column.clean, Day):
        yield from (replace(column, clean=replace(column.clean, order=order)) for order in ORDERS)


def _is_taken(column: Column, cell: str) -> bool:
    try:
        column.clean(cell)
    except ValidationError:
        return False
    return True
