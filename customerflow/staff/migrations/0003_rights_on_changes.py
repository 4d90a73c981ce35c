"""The groups' rights on the record of changes, and on merging and erasing customers."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = {
    ("changes", "view_changeset"): ("Support", "Billing", "Technician", "Manager", "Administrator"),
    ("customers", "merge_customer"): ("Manager", "Administrator"),
    ("customers", "erase_customer"): ("Manager", "Administrator"),
}


def make_permissions(apps, database):
    """Make the permissions now: Django makes them only after the last migration."""
    for label in sorted({label for label, _codename in RIGHTS}):
        config = apps.get_app_config(label)
        config.models_module = True  # what create_permissions() takes for a sign that the app has models
        create_permissions(config, verbosity=0, using=database, apps=apps)
        config.models_module = None


def give_rights(apps, schema_editor):
    database = schema_editor.connection.alias
    make_permissions(apps, database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    for (label, codename), names in RIGHTS.items():
        permission = permissions.get(content_type__app_label=label, codename=codename)
        for group in apps.get_model("auth", "Group").objects.using(database).filter(name__in=names):
            group.permissions.add(permission)


def take_rights(apps, schema_editor):
    database = schema_editor.connection.alias
    for label, codename in RIGHTS:
        for permission in (
            apps.get_model("auth", "Permission")
            .objects.using(database)
            .filter(content_type__app_label=label, codename=codename)
        ):
            permission.group_set.clear()


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_groups"),
        ("changes", "0001_initial"),
        ("customers", "0002_rights_to_merge_and_erase"),
    ]

    operations = [migrations.RunPython(give_rights, take_rights)]
