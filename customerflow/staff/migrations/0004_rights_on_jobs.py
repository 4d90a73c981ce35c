"""The groups' rights on background work: everyone sees it, managers control that of others."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0003_rights_on_changes"),
        ("jobs", "0001_jobs_and_workers"),
    ]

    operations = [
        rights_given(
            {
                ("jobs", "view_job"): EVERYBODY,
                ("jobs", "change_job"): ("Manager", "Administrator"),
                ("jobs", "view_lease"): ("Administrator",),
            }
        )
    ]
