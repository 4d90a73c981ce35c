"""The groups' rights on policies and calendars of the help desk."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")
MANAGERS = ("Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0017_rights_on_attachments"),
        ("tickets", "0004_sla"),
    ]

    operations = [
        rights_given(
            {
                ("tickets", f"{action}_{model}"): EVERYBODY if action == "view" else MANAGERS
                for model in ("slapolicy", "calendar")
                for action in ("view", "add", "change", "delete")
            }
        )
    ]
