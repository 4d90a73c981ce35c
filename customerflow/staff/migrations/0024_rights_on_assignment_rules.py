"""The groups' rights on assignment rules."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")
MANAGERS = ("Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [("staff", "0023_away"), ("tickets", "0011_assignment_rules")]

    operations = [
        rights_given(
            {
                ("tickets", f"{action}_assignmentrule"): EVERYBODY if action == "view" else MANAGERS
                for action in ("view", "add", "change", "delete")
            }
        )
    ]
