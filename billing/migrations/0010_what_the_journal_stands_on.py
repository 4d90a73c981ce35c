"""The accounts that the journal begins with, and the plans of the lines that are there: those of their services now."""

from django.db import migrations

ACCOUNTS = (
    ("money:cash", "1000", "Cash"),
    ("money", "1010", "Bank"),
    ("money:card", "1020", "Card payments"),
    ("money:cheque", "1030", "Cheques"),
    ("money:debit", "1040", "Direct debit"),
    ("receivable", "1200", "Receivables"),
    ("credit", "1700", "Customers' credit"),
    ("tax", "1770", "Output tax"),
    ("revenue", "4000", "Revenue"),
    ("revenue:plan", "4010", "Revenue from plans"),
    ("revenue:setup", "4020", "Set-up fees"),
    ("revenue:equipment", "4030", "Rent of equipment"),
    ("revenue:termination", "4040", "Early termination fees"),
    ("revenue:one_off", "4050", "One-off charges"),
    ("revenue:late_fee", "4060", "Late fees"),
    ("bad_debt", "6900", "Bad debt"),
    ("opening", "9000", "Taken over from other systems"),
)
PLANS_OF_LINES = """
    UPDATE {lines} SET plan_id = (SELECT s.plan_id FROM customers_service AS s WHERE s.id = {lines}.service_id)
    WHERE service_id IS NOT NULL
"""


def add_accounts(apps, schema_editor) -> None:
    rows = apps.get_model("billing", "LedgerAccount").objects.using(schema_editor.connection.alias)
    model = rows.model
    rows.bulk_create(model(place=place, number=number, name=name) for place, number, name in ACCOUNTS)


def keep_plans(apps, schema_editor) -> None:
    for table in ("billing_invoiceline", "billing_creditnoteline"):
        schema_editor.execute(PLANS_OF_LINES.format(lines=table))


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0009_accounts_periods_and_plans_on_lines"),
    ]

    operations = [
        migrations.RunPython(add_accounts, migrations.RunPython.noop),
        migrations.RunPython(keep_plans, migrations.RunPython.noop),
    ]
