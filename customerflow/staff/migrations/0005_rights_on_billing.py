"""The groups' rights on taxes, pauses, notes, refunds and billing runs."""

from django.db import migrations

from customerflow.staff.rights import rights_given

ADMINISTRATORS = ("Administrator",)
MANAGERS = ("Manager", *ADMINISTRATORS)
BILLING = ("Billing", *MANAGERS)
OFFICE = ("Support", *BILLING)
EVERYBODY = ("Technician", *OFFICE)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0004_rights_on_jobs"),
        ("billing", "0003_runs_notes_and_taxes"),
    ]

    operations = [
        rights_given(
            {
                ("customers", "view_taxcode"): EVERYBODY,
                ("customers", "add_taxcode"): MANAGERS,
                ("customers", "change_taxcode"): MANAGERS,
                ("customers", "delete_taxcode"): ADMINISTRATORS,
                ("customers", "view_taxrate"): EVERYBODY,
                ("customers", "add_taxrate"): MANAGERS,
                ("customers", "change_taxrate"): MANAGERS,
                ("customers", "delete_taxrate"): ADMINISTRATORS,
                ("customers", "view_pause"): EVERYBODY,
                ("customers", "add_pause"): OFFICE,
                ("customers", "change_pause"): OFFICE,
                ("customers", "delete_pause"): MANAGERS,
                ("customers", "view_installation"): EVERYBODY,
                ("billing", "view_invoicetax"): OFFICE,
                ("billing", "add_invoicetax"): BILLING,
                ("billing", "change_invoicetax"): BILLING,
                ("billing", "view_creditnote"): OFFICE,
                ("billing", "add_creditnote"): BILLING,
                ("billing", "change_creditnote"): BILLING,
                ("billing", "view_creditnoteline"): OFFICE,
                ("billing", "add_creditnoteline"): BILLING,
                ("billing", "change_creditnoteline"): BILLING,
                ("billing", "view_creditnotetax"): OFFICE,
                ("billing", "add_creditnotetax"): BILLING,
                ("billing", "change_creditnotetax"): BILLING,
                ("billing", "view_refund"): OFFICE,
                ("billing", "add_refund"): BILLING,
                ("billing", "change_refund"): BILLING,
                ("billing", "view_writeoff"): OFFICE,
                ("billing", "add_writeoff"): MANAGERS,
                ("billing", "change_writeoff"): MANAGERS,
                ("billing", "view_charge"): OFFICE,
                ("billing", "add_charge"): BILLING,
                ("billing", "change_charge"): BILLING,
                ("billing", "view_discount"): OFFICE,
                ("billing", "add_discount"): BILLING,
                ("billing", "change_discount"): BILLING,
                ("billing", "delete_discount"): MANAGERS,
                ("billing", "view_billingrun"): OFFICE,
                ("billing", "add_billingrun"): BILLING,
                ("billing", "change_billingrun"): BILLING,
                ("billing", "view_billingrunitem"): OFFICE,
                ("billing", "view_billingstart"): OFFICE,
                ("billing", "add_billingstart"): MANAGERS,
            }
        )
    ]
