"""`manage.py first_administrator`: the log-in with which an installation begins."""

import secrets
from pathlib import Path

from django.contrib.auth.models import Group
from django.core.management.base import CommandError, CommandParser

from customerflow.changes.commands import RecordingCommand
from customerflow.changes.recording import recorded
from customerflow.staff.models import User
from customerflow.staff.roles import ADMINISTRATOR


class Command(RecordingCommand):
    """Make the first administrator, with a random password, unless somebody is one already."""

    help = "Make an administrator with a random password, if there is no active one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="admin", help="the name to log in with (admin)")
        parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the log-in in FILE, and show it next time")
        parser.add_argument("--check", action="store_true", help="only tell, by the exit status, if there is one")

    def handle(self, *, name: str, keep: Path | None, check: bool, **options: object) -> None:
        exists = User.objects.administrators().exists()
        if check:
            raise SystemExit(0 if exists else 1)
        if not exists:
            self.show(name, make_administrator(name, keep))
        elif keep is None:
            self.stdout.write("There is an administrator already.")
        elif kept := still_valid(keep):
            self.show(*kept)
        else:
            self.stdout.write(f"Log in as an administrator. The log-in in {keep} is not valid here any more.")

    def show(self, name: str, password: str) -> None:
        """Say how to log in."""
        self.stdout.write(f"Log in with the name {name} and the password {password}")


@recorded("Administrator made")
def make_administrator(name: str, keep: Path | None) -> str:
    """
    Make an administrator called `name`, and return the password.

    Where `keep` is given, the log-in is written there. Raises `CommandError` if somebody else has the name.
    """
    if User.objects.filter(username=name).exists():
        raise CommandError(f"{name} is the name of somebody who is no active administrator: choose another by --name.")
    password = secrets.token_urlsafe(15)
    user = User.objects.create_user(name, password=password)
    user.groups.add(Group.objects.get(name=ADMINISTRATOR))
    if keep is not None:
        keep.touch()
        keep.chmod(0o600)
        keep.write_text(f"{name}\n{password}\n")
    return password


def still_valid(keep: Path) -> tuple[str, str] | None:
    """Return name and password from `keep`, if an active administrator can log in with them."""
    if not keep.exists():
        return None
    name, _, password = keep.read_text().strip().partition("\n")
    user = User.objects.administrators().filter(username=name).first()
    return (name, password) if user and user.check_password(password) else None
