"""Load records of any kind from files, or everything that another system gave, as a profile says."""

import tempfile
from pathlib import Path

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from customerflow.loads.archives import open_archive
from customerflow.loads.commands import EXIT_STATUS, LoadCommand, refuse_same
from customerflow.loads.declaration import KINDS
from customerflow.loads.mapping import Mapping
from customerflow.loads.profiles import names, profile_named
from customerflow.loads.refusals import CannotRunError, FileRefusedError
from customerflow.loads.sources import Shape
from customerflow.loads.terms import LoadFile

# What a profile says itself.
OF_ONE_KIND = (
    *("encoding", "ignore", "rejects", "format", "delimiter"),
    *("sheet", "header_line", "date_order", "map"),
)


class Command(LoadCommand):
    """Files of one kind of record, or those that a profile knows: CSV, XLSX or JSON, each also packed with gzip."""

    help = (
        "Load records of one KIND from files: CSV, XLSX or JSON, each also packed with gzip. "
        "With --profile, load all that another system gave: files, a folder or a ZIP archive."
    )
    epilog = EXIT_STATUS

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "named",
            nargs="*",
            metavar="KIND FILE",
            help=f"what the files hold ({', '.join(sorted(KINDS))}), and the files; with --profile the files alone",
        )
        super().add_arguments(parser)
        parser.add_argument("--profile", default="", metavar="NAME", help="load what this profile says, all together")
        parser.add_argument("--profiles", action="store_true", help="list the profiles, and load nothing")
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="write the refused rows here, to be corrected and loaded again"
        )
        parser.add_argument("--format", default="", help="csv, xlsx or json, where the name does not say it")
        parser.add_argument("--delimiter", default="", help="of CSV: , ; | or tab, if it is not the one that is found")
        parser.add_argument("--sheet", default="", help="of a workbook: the name of the sheet, if not the first")
        parser.add_argument("--header-line", type=int, default=0, metavar="LINE", help="the line of the headings")
        parser.add_argument("--date-order", default="", help="how dates are written: ymd, dmy or mdy")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=HEADING",
            help="which heading of the file is a column; repeatable",
        )
        parser.add_argument("--origin", default="", help="the system that documents come from")

    def handle(self, **options) -> None:
        try:
            if options["profiles"]:
                self.stdout.write("\n".join(_described(name) for name in names()))
            elif options["profile"]:
                self.load_profile(options)
            else:
                self.load_kind(options)
        except (CannotRunError, FileRefusedError) as error:
            raise CommandError(str(error), returncode=2) from error

    def load_kind(self, options: dict) -> None:
        """Load files of one kind. Raises `CannotRunError`."""
        if len(options["named"]) < 2:
            raise CannotRunError(_("Say what the files hold, and which they are: load KIND FILE ..."))
        paths = [Path(name) for name in options["named"][1:]]
        refuse_same(options["rejects"], paths)
        if options["rejects"] and len(paths) > 1:
            raise CannotRunError(_("The rejects of several files cannot go to one: load them one by one."))
        self.load(files_of(options["named"][0], paths, options), options, origin=options["origin"])

    def load_profile(self, options: dict) -> None:
        """Load what a profile says. Raises `CannotRunError`, and `FileRefusedError` for an archive."""
        if not options["named"]:
            raise CannotRunError(_("Say what to load: files, a folder or a ZIP archive."))
        if said := [name for name in OF_ONE_KIND if options[name]]:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in said)
            raise CannotRunError(_("%(names)s cannot be given with --profile: it says that itself.") % {"names": names})
        profile = profile_named(options["profile"])
        with tempfile.TemporaryDirectory(prefix="load-") as folder:
            paths = []
            for number, name in enumerate(options["named"]):
                paths += _opened(Path(name), Path(folder, str(number)))
            files = profile.files(paths)
            self.load(files, options, origin=options["origin"] or profile.origin, profile=profile.name)


def _described(name: str) -> str:
    """Return what a profile is for, or why it cannot be used any more."""
    try:
        profile = profile_named(name)
    except CannotRunError as error:
        return f"{name}: {error}"
    return f"{name}: {profile.about or profile.name}"


def _opened(path: Path, into: Path) -> list[Path]:
    """Return the files that a folder or an archive holds, or the file itself; `into` is a folder to be made."""
    if path.is_dir() or path.suffix.casefold() == ".zip":
        into.mkdir()
        return open_archive(path, into)
    return [path]


def files_of(kind: str, paths: list[Path], options: dict) -> list[LoadFile]:
    """Return the files that are named, each as the options say. Raises `CannotRunError`."""
    declaration = KINDS.get(kind.replace("_", " ").replace("-", " "))
    if declaration is None:
        raise CannotRunError(
            _("There is no kind “%(kind)s”; there are %(kinds)s.") % {"kind": kind, "kinds": ", ".join(sorted(KINDS))}
        )
    shape = Shape(
        format=options["format"],
        encoding=options["encoding"],
        delimiter="\t" if options["delimiter"] == "tab" else options["delimiter"],
        sheet=options["sheet"],
        header_line=options["header_line"],
    )
    mapping = Mapping.of(
        {
            "columns": {column: heading for column, _sign, heading in map(_parted, options["map"])},
            "ignore": options["ignore"],
            "date_order": options["date_order"],
        }
    )
    return [LoadFile(path, declaration, shape, mapping, options["rejects"]) for path in paths]


def _parted(said: str) -> tuple[str, str, str]:
    parts = said.partition("=")
    if not parts[1]:
        raise CannotRunError(_("--map “%(said)s”: write COLUMN=HEADING.") % {"said": said})
    return parts
