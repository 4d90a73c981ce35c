"""
Profiles: how the files of another system are read, as data. See docs/migrating.md for how to write one.

    name = "Chinook"
    origin = "Chinook"
    [[load]]
    kind = "customers"
    file = "customer"
    ignore = ["Fax"]
    [load.columns]
    ID = "CustomerId"
    Name = { columns = ["FirstName", "LastName"] }

Those that come with the product are the TOML files in `profiles/`; those that people keep are in the database, in the
same form.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path

from django.utils.translation import gettext as _

from customerflow.loads import models
from customerflow.loads.declaration import KINDS, Declaration
from customerflow.loads.headings import accepted, plain
from customerflow.loads.mapping import Mapping
from customerflow.loads.refusals import CannotRunError
from customerflow.loads.sources import AS_FOUND, Shape
from customerflow.loads.terms import LoadFile

FOLDER = Path(__file__).parent / "profiles"
TOML = ".toml"
# The ending of a file's name does not count: the format is found by looking.
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".json", ".jsonl", ".ndjson")
PROFILE_FORM = {"name": str, "about": str, "origin": str, "ignore_files": list, "load": list}
SHAPE_FORM = {field.name: int if field.name == "header_line" else str for field in fields(Shape)}
LOAD_FORM = {
    "kind": str,
    "file": str,
    "optional": bool,
    "columns": dict,
    "ignore": list,
    "date_order": str,
    "distinct": bool,
    **SHAPE_FORM,
}


@dataclass(frozen=True)
class Part:
    """
    What one kind of record is read from: all files whose names fit the pattern `file`.

    Without one nothing is loaded, unless the part is optional.
    """

    declaration: type[Declaration]
    file: str
    mapping: Mapping
    shape: Shape = AS_FOUND
    is_optional: bool = False

    @classmethod
    def of(cls, said: object) -> "Part":
        """Return the part that a profile has in this form. Raises `CannotRunError`."""
        _check_form(said, LOAD_FORM, needed=("kind", "file"))
        declaration = KINDS.get(said["kind"])
        if declaration is None:
            raise CannotRunError(
                _("There is no kind “%(kind)s”; there are %(kinds)s.")
                % {"kind": said["kind"], "kinds": ", ".join(sorted(KINDS))}
            )
        mapping = Mapping.of(said)
        mapping.check(declaration)
        shape = Shape(**{name: said[name] for name in SHAPE_FORM if name in said})
        return cls(declaration, said["file"], mapping, shape, said.get("optional", False))

    def fits(self, name: str) -> bool:
        """Return whether a file of this name is meant; neither case nor ending counts."""
        return fnmatchcase(_stem(name), _stem(self.file))


@dataclass(frozen=True)
class Profile:
    """
    How the files of another system are loaded together.

    `name` is what people choose it by, `origin` the system that documents come from, unless a person says otherwise.
    """

    name: str
    origin: str
    parts: tuple[Part, ...]
    about: str = ""
    ignore_files: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: object, place: str) -> "Profile":
        """Return the profile that is said in this form at `place`. Raises `CannotRunError` that names the place."""
        where = place
        try:
            _check_form(said, PROFILE_FORM, needed=("name", "load"))
            _check_lengths(said)
            parts = []
            for number, part in enumerate(said["load"], 1):
                where = f"{place}, load {number}"
                parts.append(Part.of(part))
        except CannotRunError as error:
            raise CannotRunError(f"{where}: {error}") from error
        return cls(
            said["name"],
            said.get("origin", said["name"]),
            tuple(_without_others(part, parts) for part in parts),
            said.get("about", ""),
            tuple(said.get("ignore_files", ())),
        )

    def match(self, names: Sequence[str]) -> list[tuple[Part, int]]:
        """
        Return for each part which of the files of these `names` it is read from, by place in them.

        Raises `CannotRunError` for a file that is no part's, and for a part that lacks its file.
        """
        matched = [(part, place) for part in self.parts for place, name in enumerate(names) if part.fits(name)]
        used = {place for _part, place in matched}
        unknown = [name for place, name in enumerate(names) if place not in used and not self._ignores(name)]
        lacking = [part.file for part in self.parts if not part.is_optional and not any(map(part.fits, names))]
        problems = [_("there is no use for the file “%(name)s”") % {"name": name} for name in unknown]
        problems += [_("there is no file “%(name)s”") % {"name": name} for name in dict.fromkeys(lacking)]
        if problems:
            reason = _("The profile %(profile)s: %(problems)s. Expected are %(expected)s.")
            words = {"profile": self.name, "problems": "; ".join(problems), "expected": ", ".join(self._expected())}
            raise CannotRunError(reason % words)
        return matched

    def files(self, paths: Sequence[Path]) -> list[LoadFile]:
        """Return what is loaded from the files at `paths`. Raises `CannotRunError` as `match` does."""
        return [
            LoadFile(paths[place], part.declaration, part.shape, part.mapping, name=paths[place].name)
            for part, place in self.match([path.name for path in paths])
        ]

    def _ignores(self, name: str) -> bool:
        return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in self.ignore_files)

    def _expected(self) -> Iterator[str]:
        """Yield the files that are expected, each once."""
        for file in dict.fromkeys(part.file for part in self.parts):
            is_optional = all(part.is_optional for part in self.parts if part.file == file)
            yield _("%(file)s (optional)") % {"file": file} if is_optional else file


def _without_others(part: Part, parts: Iterable[Part]) -> Part:
    """Return a part that ignores what others read, or ignore, of the same file and what is nothing to its kind."""
    known = accepted(part.declaration.columns)
    mappings = [other.mapping for other in parts if other.file == part.file]
    theirs = [
        heading
        for mapping in mappings
        for heading in (*mapping.ignore, *(name for origin in mapping.columns.values() for name in origin.headings))
        if plain(heading) not in known
    ]
    ignore = tuple(dict.fromkeys((*part.mapping.ignore, *theirs)))
    return replace(part, mapping=replace(part.mapping, ignore=ignore))


def profile_named(name: str) -> Profile:
    """
    Return the profile of a name: one that people keep, one that comes with the product, or a file of TOML.

    Raises `CannotRunError` where there is none, and where it cannot be used.
    """
    kept = models.Profile.objects.filter(name=name).first()
    if kept:
        return of_kept(kept)
    path = FOLDER / f"{name.casefold()}{TOML}"
    if path in _shipped():
        return read_profile(path)
    if name.endswith(TOML):
        return read_profile(Path(name))
    known = ", ".join(names())
    raise CannotRunError(_("There is no profile “%(name)s”; there are %(names)s.") % {"name": name, "names": known})


def names() -> Iterator[str]:
    """Yield what `profile_named` takes: the profiles of the product, then those that people keep."""
    yield from (path.stem for path in _shipped())
    yield from models.Profile.objects.order_by("name").values_list("name", flat=True)


def profiles() -> Iterator[tuple[str, Profile]]:
    """Yield the profiles that can be used, by name; one may have been kept for columns that are there no more."""
    for name in names():
        with suppress(CannotRunError):
            yield name, profile_named(name)


def of_kept(kept: models.Profile) -> Profile:
    """Return a profile of the database. Raises `CannotRunError`."""
    return Profile.of({"name": kept.name, **kept.content}, _("profile %(name)s") % {"name": kept.name})


def read_profile(path: Path) -> Profile:
    """Return the profile in a file of TOML. Raises `CannotRunError` that names file and place."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotRunError(f"{path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotRunError(f"{path}: {error}.") from error
    return Profile.of(said, str(path))


def _shipped() -> list[Path]:
    return sorted(FOLDER.glob(f"*{TOML}"))


def _stem(name: str) -> str:
    """Return the part of a file's name that counts: without case, and without the endings of what can be read."""
    stem = name.casefold().removesuffix(".gz")
    ending = next((ending for ending in ENDINGS if stem.endswith(ending)), "")
    return stem.removesuffix(ending)


def _check_lengths(said: dict[str, object]) -> None:
    """Raise `CannotRunError` for a name that a load cannot keep."""
    # Without an origin it is the name.
    for name, text, field in (
        ("name", said["name"], "profile"),
        ("origin", said.get("origin", said["name"]), "origin"),
    ):
        most = models.Load._meta.get_field(field).max_length
        if len(text) > most:
            raise CannotRunError(_("%(name)s must have at most %(most)d characters.") % {"name": name, "most": most})


def _check_form(said: object, form: dict[str, type], needed: Iterable[str]) -> None:
    """Raise `CannotRunError` where `said` is no table of what the form knows, or lacks what is needed."""
    if not isinstance(said, dict):
        raise CannotRunError(_("a table is expected, and not “%(said)s”.") % {"said": said})
    if unknown := sorted(said.keys() - form.keys()):
        words = {"names": ", ".join(unknown), "known": ", ".join(form)}
        raise CannotRunError(_("nobody knows what %(names)s is; there can be %(known)s.") % words)
    if missing := [name for name in needed if not said.get(name)]:
        raise CannotRunError(_("%(names)s must be given.") % {"names": ", ".join(missing)})
    for name, value in said.items():
        is_texts = not isinstance(value, list) or name == "load" or all(isinstance(text, str) for text in value)
        if type(value) is not form[name] or not is_texts:
            raise CannotRunError(_("%(name)s cannot be “%(value)s”.") % {"name": name, "value": value})
