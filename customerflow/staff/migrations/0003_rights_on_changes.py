"""The groups' rights on the record of changes, and on merging and erasing customers."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_groups"),
        ("changes", "0001_initial"),
        ("customers", "0002_rights_to_merge_and_erase"),
    ]

    operations = [
        rights_given(
            {
                ("changes", "view_changeset"): EVERYBODY,
                ("customers", "merge_customer"): ("Manager", "Administrator"),
                ("customers", "erase_customer"): ("Manager", "Administrator"),
            }
        )
    ]
