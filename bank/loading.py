"""Loading statement files: what was loaded before is recognised, file by file and line by line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bank.files.content import FileLine, FileStatement, identities
from bank.files.csv_statement import Layout
from bank.files.reading import ReadFile, read_file
from bank.matching import by_level, match_lines
from bank.models import BankAccount, CsvProfile, Statement, StatementLine
from customerflow.changes.recording import recorded
from customerflow.inserting import insert_all
from customerflow.keys import among_texts
from customerflow.loads.refusals import CannotRunError, FileRefusedError
from customerflow.money import format_money

# So many lines are matched and written at once.
BATCH = 1_000
# So many days without any statement may lie between two: weekends and holidays.
QUIET = timedelta(days=7)
State, Kind = StatementLine.State, StatementLine.Kind


@dataclass
class Loaded:
    """What came of a file; `is_repeat` says that it had been loaded before, and nothing was done."""

    statements: list[Statement]
    is_repeat: bool = False
    new: int = 0
    known: int = 0
    levels: dict[str, int] = field(default_factory=dict)


def layout_of(profile: CsvProfile | None) -> Layout | None:
    """Return how the CSV files of `profile` are read; None without one."""
    if profile is None:
        return None
    return Layout(
        delimiter=profile.delimiter,
        encoding=profile.encoding,
        header_line=profile.header_line,
        date_order=profile.date_order,
        decimal_sign=profile.decimal_sign,
        columns=profile.columns,
    )


def load_file(
    *, path: Path, name: str, account: BankAccount | None = None, on: date, by: AbstractUser | None = None
) -> Loaded:
    """
    Load the statements of the file at `path`, called `name`, today being `on`, and match their lines.

    A file that names its account goes to that one; where `account` is given it must be the same. Raises
    `ValidationError`, keyed by "file", with the line where one is to blame; then nothing is loaded.
    """
    try:
        read = read_file(path, layout=layout_of(account.csv_profile if account else None), name=name)
    except FileRefusedError as error:
        place = _("%(name)s, line %(line)d: ") % {"name": name, "line": error.line} if error.line else f"{name}: "
        raise ValidationError({"file": f"{place}{error.reason}"}) from error
    except CannotRunError as error:
        raise ValidationError({"file": f"{name}: {error}"}) from error
    return load_statements(read=read, name=name, account=account, on=on, by=by)


@recorded(gettext_lazy("Bank statement loaded"))
def load_statements(
    *, read: ReadFile, name: str, account: BankAccount | None, on: date, by: AbstractUser | None = None
) -> Loaded:
    """Load what was `read` of a file, as `load_file` does."""
    accounts = [_account_of(each, account) for each in read.statements]
    # Two who load one file, or two that overlap, follow one another.
    keys = {each.pk for each in accounts}
    list(BankAccount.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    if before := list(Statement.objects.filter(sha256=read.sha256).order_by("part")):
        return Loaded(before, is_repeat=True)
    loaded = Loaded([])
    for part, (said, of_account) in enumerate(zip(read.statements, accounts, strict=True), 1):
        _check(said, on)
        lines = _new_lines(said, of_account, read.format)
        statement = Statement.objects.create(
            account=of_account,
            format=read.format,
            file_name=Path(name).name[-255:] or "?",
            sha256=read.sha256,
            part=part,
            reference=said.reference,
            first_on=said.first_on or min((line.booked_on for line in said.lines), default=None),
            last_on=said.last_on or max((line.booked_on for line in said.lines), default=None),
            opening=said.opening,
            closing=said.closing,
            known=len(said.lines) - len(lines),
            warnings=list(_warnings(said)),
            loaded_by=by,
        )
        _keep(statement, lines, loaded)
        loaded.statements.append(statement)
        loaded.new += len(lines)
        loaded.known += statement.known
    return loaded


def _account_of(said: FileStatement, account: BankAccount | None) -> BankAccount:
    """Return the account that a statement is of; refuse one that is none of ours, and another currency."""
    if said.currency and said.currency != settings.CURRENCY:
        message = _("The statement is in %(there)s. Only accounts in %(here)s are kept here.")
        raise ValidationError({"file": message % {"there": said.currency[:10], "here": settings.CURRENCY}})
    if not said.account:
        if account is None:
            raise ValidationError({"account": _("The file does not name its account: choose it.")})
        return account
    named = BankAccount.objects.filter(iban=said.account).first()
    named = named or BankAccount.objects.filter(number=said.account).first()
    if named is None or (account is not None and named != account):
        message = _("The file is of the account %(there)s, which is another one.")
        message = message if named else _("The file is of the account %(there)s, which is not among the bank accounts.")
        raise ValidationError({"file": message % {"there": said.account}})
    return named


def _check(said: FileStatement, on: date) -> None:
    days = [*(line.booked_on for line in said.lines), said.first_on or on]
    if max(days) > on:
        message = _("It has a booking of %(day)s, which is still to come.")
        raise ValidationError({"file": message % {"day": max(days)}})
    if said.first_on and said.last_on and said.first_on > said.last_on:
        said.first_on = None
    if said.first_on is None and said.last_on and any(line.booked_on > said.last_on for line in said.lines):
        said.last_on = None
    first = min((line.booked_on for line in said.lines), default=None)
    if said.last_on and not said.first_on and first and first > said.last_on:
        said.last_on = None


def _new_lines(said: FileStatement, account: BankAccount, kind: str) -> list[tuple[int, FileLine, str, bool]]:
    """Return place, line and identity of what was not loaded before, and whether another format may have had it."""
    found = identities(said.lines)
    known = set()
    for first in range(0, len(found), BATCH):
        some = among_texts(found[first : first + BATCH])
        known |= set(account.lines.filter(identity__in=some).order_by().values_list("identity", flat=True))
    fresh = [
        (place, line, identity)
        for place, (line, identity) in enumerate(zip(said.lines, found, strict=True), 1)
        if identity not in known
    ]
    days = [line.booked_on for _place, line, _identity in fresh]
    other: set[tuple[date, Decimal]] = set()
    if days:
        others = account.lines.filter(booked_on__gte=min(days), booked_on__lte=max(days)).exclude(
            statement__format=kind
        )
        other = set(others.order_by().values_list("booked_on", "amount"))
    return [(place, line, identity, (line.booked_on, line.amount) in other) for place, line, identity in fresh]


def _keep(statement: Statement, found: Sequence[tuple[int, FileLine, str, bool]], loaded: Loaded) -> None:
    for first in range(0, len(found), BATCH):
        lines = []
        for place, said, identity, is_doubtful in found[first : first + BATCH]:
            line = StatementLine(
                statement=statement,
                account_id=statement.account_id,
                position=place,
                identity=identity,
                **{name: getattr(said, name) for name in OF_FILE},
            )
            if is_doubtful:
                line.state = State.PARKED
                line.reason = _("A file of another format has a line of this day and amount: perhaps it is the same.")
            lines.append(line)
        match_lines(lines)
        for line in lines:
            set_outgoing_aside(line)
        for level, count in by_level([line for line in lines if line.state == State.OPEN]).items():
            loaded.levels[level] = loaded.levels.get(level, 0) + count
        insert_all(StatementLine, lines)


OF_FILE = (
    *("booked_on", "value_on", "amount", "party_name", "party_iban", "bank_reference", "reference", "text"),
    *("return_code", "original_amount"),
)


def set_outgoing_aside(line: StatementLine) -> None:
    """Let an open line that went out, and is no return, be ignored."""
    if line.kind == Kind.OUTGOING and line.state == State.OPEN:
        line.state, line.reason = State.IGNORED, _("Outgoing")


def _warnings(said: FileStatement) -> Iterable[str]:
    if said.difference:
        message = _("The opening balance and the lines come to %(amount)s less than the closing balance.")
        if said.difference < 0:
            message = _("The opening balance and the lines come to %(amount)s more than the closing balance.")
        yield message % {"amount": format_money(abs(said.difference))}


def gap_before(statement: Statement) -> str:
    """Return in words what is missing between a statement and the one before it; nothing where nothing is."""
    if statement.first_on is None and statement.last_on is None:
        return ""
    begins = statement.first_on or statement.last_on
    of_account = Statement.objects.filter(account=statement.account_id).exclude(pk=statement.pk)
    before = of_account.filter(last_on__lt=begins).order_by("-last_on", "-pk").first()
    if before is None:
        return ""
    words = {"day": before.last_on, "there": format_money(before.closing), "here": format_money(statement.opening)}
    if before.closing is not None and statement.opening is not None and before.closing != statement.opening:
        message = _("The statement before it, of %(day)s, closes with %(there)s, and this one opens with %(here)s.")
        return message % words
    if begins - before.last_on > QUIET and (before.closing is None or statement.opening is None):
        return _("The statement before it ends on %(day)s: is one missing?") % words
    return ""
