"""The groups' rights on rules, reminders and calls, and on the invoices that go with e-mails."""

from django.db import migrations

from customerflow.staff.rights import rights_given

MANAGERS = ("Manager", "Administrator")
BILLING = ("Billing", *MANAGERS)
OFFICE = ("Support", *BILLING)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0008_rights_on_promises_and_the_worklist"),
        ("billing", "0008_emails_about_customers_and_late_fees"),
        ("dunning", "0002_rules_and_what_they_did"),
    ]

    operations = [
        rights_given(
            {
                ("billing", "view_emailinvoice"): OFFICE,
                ("dunning", "view_rule"): OFFICE,
                ("dunning", "add_rule"): MANAGERS,
                ("dunning", "change_rule"): MANAGERS,
                ("dunning", "delete_rule"): MANAGERS,
                ("dunning", "view_template"): OFFICE,
                ("dunning", "add_template"): MANAGERS,
                ("dunning", "change_template"): MANAGERS,
                ("dunning", "delete_template"): MANAGERS,
                ("dunning", "view_notice"): OFFICE,
                ("dunning", "change_notice"): BILLING,
                ("dunning", "view_execution"): OFFICE,
                ("dunning", "view_calltask"): OFFICE,
                ("dunning", "change_calltask"): OFFICE,
            }
        )
    ]
