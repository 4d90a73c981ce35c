"""The groups' rights on the accounts of the journal and on closed periods."""

from django.db import migrations

from customerflow.staff.rights import rights_given

MANAGERS = ("Manager", "Administrator")
OFFICE = ("Billing", *MANAGERS)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0009_rights_on_reminders"),
        ("billing", "0009_accounts_periods_and_plans_on_lines"),
    ]

    operations = [
        rights_given(
            {
                ("billing", "view_ledgeraccount"): OFFICE,
                ("billing", "add_ledgeraccount"): MANAGERS,
                ("billing", "change_ledgeraccount"): MANAGERS,
                ("billing", "view_periodclosing"): OFFICE,
                ("billing", "add_periodclosing"): MANAGERS,
                ("billing", "change_periodclosing"): MANAGERS,
            }
        )
    ]
