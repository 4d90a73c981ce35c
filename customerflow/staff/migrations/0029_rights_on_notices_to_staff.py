"""The groups' rights on notices to staff."""

from django.db import migrations

from customerflow.staff.rights import rights_given


class Migration(migrations.Migration):
    dependencies = [("staff", "0028_notices"), ("tickets", "0014_notices_to_staff")]

    operations = [rights_given({("tickets", "view_staffnotice"): ("Manager", "Administrator")})]
