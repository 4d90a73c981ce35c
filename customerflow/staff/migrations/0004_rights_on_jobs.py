"""The groups' rights on background work: everyone sees it, managers control that of others."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")
RIGHTS = {
    ("jobs", "view_job"): EVERYBODY,
    ("jobs", "change_job"): ("Manager", "Administrator"),
    ("jobs", "view_lease"): ("Administrator",),
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
        ("staff", "0003_rights_on_changes"),
        ("jobs", "0001_jobs_and_workers"),
    ]

    operations = [migrations.RunPython(give_rights, take_rights)]
