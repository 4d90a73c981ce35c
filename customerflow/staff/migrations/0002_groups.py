"""The five groups, with their rights on what there is to have rights on."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = ("Support", "Billing", "Technician", "Manager", "Administrator")
ACTIONS = {"v": "view", "a": "add", "c": "change", "d": "delete"}
# A copy of roles.TABLE as it was: a migration does the same for ever.
TABLE = {
    "customers.customer": ("vac", "vac", "v", "vacd", "vacd"),
    "customers.contact": ("vacd", "vacd", "v", "vacd", "vacd"),
    "customers.location": ("vacd", "vac", "vc", "vacd", "vacd"),
    "customers.plan": ("v", "v", "v", "vac", "vacd"),
    "customers.service": ("vac", "vac", "v", "vacd", "vacd"),
    "customers.pricechange": ("v", "vac", "v", "vac", "vac"),
    "customers.equipment": ("vac", "vac", "vac", "vacd", "vacd"),
    "billing.invoice": ("v", "vac", "", "vac", "vac"),
    "billing.invoiceline": ("v", "vac", "", "vac", "vac"),
    "billing.payment": ("v", "vac", "", "vac", "vac"),
    "billing.allocation": ("v", "vac", "", "vac", "vac"),
    "tickets.tickettype": ("v", "v", "v", "vac", "vacd"),
    "tickets.ticket": ("vac", "vac", "vac", "vac", "vacd"),
    "tickets.message": ("va", "va", "va", "va", "vad"),
    "loads.load": ("", "", "", "v", "va"),
    "series.numberseries": ("", "", "", "", "v"),
    "staff.user": ("", "", "", "", "vacd"),
    "auth.group": ("", "", "", "", "vacd"),
}


def make_permissions(apps, database):
    """Make the permissions now: Django makes them only after the last migration."""
    for label in sorted({record.split(".")[0] for record in TABLE}):
        config = apps.get_app_config(label)
        config.models_module = True  # what create_permissions() takes for a sign that the app has models
        create_permissions(config, verbosity=0, using=database, apps=apps)
        config.models_module = None


def make_groups(apps, schema_editor):
    database = schema_editor.connection.alias
    make_permissions(apps, database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    groups = apps.get_model("auth", "Group").objects.using(database)
    for column, name in enumerate(GROUPS):
        group, _ = groups.get_or_create(name=name)
        for record, letters in TABLE.items():
            app, model = record.split(".")
            codenames = [f"{ACTIONS[letter]}_{model}" for letter in letters[column]]
            group.permissions.add(*permissions.filter(content_type__app_label=app, codename__in=codenames))
    use_administration = permissions.get(content_type__app_label="staff", codename="use_administration")
    groups.get(name="Administrator").permissions.add(use_administration)


def remove_unused_groups(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    groups.filter(name__in=GROUPS, user=None, tickets=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("customers", "0001_initial"),
        ("billing", "0001_initial"),
        ("tickets", "0001_initial"),
        ("loads", "0001_initial"),
        ("series", "0001_initial"),
    ]

    operations = [migrations.RunPython(make_groups, remove_unused_groups)]
