"""The groups' rights on canned replies and closing rules."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")
MANAGERS = ("Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0020_rights_on_merged_and_tagged_tickets"),
        ("tickets", "0007_canned_replies_and_closing_rules"),
    ]

    operations = [
        rights_given(
            {
                ("tickets", f"{action}_{model}"): EVERYBODY if action == "view" else MANAGERS
                for model in ("cannedreply", "closingrule")
                for action in ("view", "add", "change", "delete")
            }
        )
    ]
