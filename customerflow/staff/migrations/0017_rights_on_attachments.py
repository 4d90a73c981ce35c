"""The groups' rights on files that come with tickets."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0016_rights_on_parked_customers"),
        ("tickets", "0003_attachments"),
    ]

    operations = [rights_given({("tickets", "view_attachment"): EVERYBODY})]
