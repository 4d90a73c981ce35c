"""What the migrations do that give the groups rights on something new."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


class GiveRights(migrations.RunPython):
    """
    A step of Python that asks for the names of models alone, and for groups and permissions.

    Before any other Django looks at the relations of all models again, which is a third of the work on a new database.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        self.code(from_state.apps, schema_editor)


def rights_given(rights: dict[tuple[str, str], tuple[str, ...]]) -> GiveRights:
    """
    Return the step of a migration that gives rights, each an app's label and a codename, to the groups named.

    Backwards it takes them from everybody. The migration depends on the one that made the app's models.
    """

    def give(apps, schema_editor) -> None:
        database = schema_editor.connection.alias
        for label in sorted({label for label, _codename in rights}):
            _make_permissions(apps, label, database)
        groups = apps.get_model("auth", "Group").objects.using(database)
        for right, names in rights.items():
            for permission in _permissions(apps, database, right):
                permission.group_set.add(*groups.filter(name__in=names))

    def take(apps, schema_editor) -> None:
        for right in rights:
            for permission in _permissions(apps, schema_editor.connection.alias, right):
                permission.group_set.clear()

    return GiveRights(give, take)


def _make_permissions(apps, label: str, database: str) -> None:
    """Make an app's permissions now: Django makes them only after the last migration."""
    config = apps.get_app_config(label)
    config.models_module = True  # what create_permissions() takes for a sign that the app has models
    create_permissions(config, verbosity=0, using=database, apps=apps)
    config.models_module = None


def _permissions(apps, database: str, right: tuple[str, str]):
    label, codename = right
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    return permissions.filter(content_type__app_label=label, codename=codename)
