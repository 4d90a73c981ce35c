"""The groups' rights on events of tickets."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0014_rights_on_leaks"),
        ("tickets", "0002_events"),
    ]

    operations = [rights_given({("tickets", "view_ticketevent"): EVERYBODY})]
