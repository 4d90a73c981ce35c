"""Whose act it is, where a command does it."""

from django.core.management.base import BaseCommand

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import Origin, acting_for


class RecordingCommand(BaseCommand):
    """A command whose changes are on record under its name."""

    through = ChangeSet.Through.COMMAND

    def execute(self, *args: object, **options: object) -> str | None:
        name = type(self).__module__.rpartition(".")[2]
        with acting_for(Origin(through=self.through, act=name)):
            return super().execute(*args, **options)
