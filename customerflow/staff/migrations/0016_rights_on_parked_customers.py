"""The groups' rights on customers with whom the daily step of suspensions could not deal."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0015_rights_on_events_of_tickets"),
        ("suspensions", "0002_parked_customers"),
    ]

    operations = [rights_given({("suspensions", "view_parkedcustomer"): EVERYBODY})]
