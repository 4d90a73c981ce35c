"""The groups' rights on saved views."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [("staff", "0026_rights_on_incidents"), ("saved_views", "0001_saved_views")]

    operations = [
        rights_given(
            {("saved_views", f"{action}_savedview"): EVERYBODY for action in ("view", "add", "change", "delete")}
        )
    ]
