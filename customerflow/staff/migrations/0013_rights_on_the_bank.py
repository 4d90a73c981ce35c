"""The groups' rights on what the bank says, on mandates and on collections."""

from django.db import migrations

from customerflow.staff.rights import rights_given

OFFICE = ("Billing", "Manager", "Administrator")
MANAGERS = ("Manager", "Administrator")
EVERYBODY = ("Support", *OFFICE)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0012_rights_on_shadow_billing"),
        ("bank", "0001_statements_lines_and_direct_debits"),
    ]

    operations = [
        rights_given(
            {
                ("bank", "view_bankaccount"): OFFICE,
                ("bank", "add_bankaccount"): MANAGERS,
                ("bank", "change_bankaccount"): MANAGERS,
                ("bank", "view_csvprofile"): OFFICE,
                ("bank", "add_csvprofile"): OFFICE,
                ("bank", "change_csvprofile"): MANAGERS,
                ("bank", "delete_csvprofile"): MANAGERS,
                ("bank", "view_statement"): OFFICE,
                ("bank", "add_statement"): OFFICE,
                ("bank", "view_statementline"): OFFICE,
                ("bank", "change_statementline"): OFFICE,
                ("bank", "view_linepayment"): OFFICE,
                ("bank", "view_knownpayer"): OFFICE,
                ("bank", "view_mandate"): EVERYBODY,
                ("bank", "add_mandate"): OFFICE,
                ("bank", "change_mandate"): OFFICE,
                ("bank", "view_collection"): OFFICE,
                ("bank", "add_collection"): OFFICE,
                ("bank", "change_collection"): OFFICE,
                ("bank", "view_collectionitem"): EVERYBODY,
            }
        )
    ]
