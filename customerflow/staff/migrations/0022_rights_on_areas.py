"""The groups' rights on areas."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")
WHO_BUILD = ("Technician", "Manager", "Administrator")
MANAGERS = ("Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [("staff", "0021_rights_on_canned_replies_and_closing_rules"), ("customers", "0008_areas")]

    operations = [
        rights_given(
            {
                ("customers", "view_area"): EVERYBODY,
                ("customers", "add_area"): WHO_BUILD,
                ("customers", "change_area"): WHO_BUILD,
                ("customers", "delete_area"): MANAGERS,
            }
        )
    ]
