"""The groups' rights on documents and e-mails."""

from django.db import migrations

from customerflow.staff.rights import rights_given

OFFICE = ("Support", "Billing", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0005_rights_on_billing"),
        ("billing", "0004_documents"),
    ]

    operations = [
        rights_given(
            {
                ("billing", "view_document"): OFFICE,
                ("billing", "view_email"): OFFICE,
                ("billing", "add_email"): OFFICE,
            }
        )
    ]
