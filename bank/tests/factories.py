"""What the bank says, for tests."""

from datetime import date
from decimal import Decimal
from itertools import count

from bank.debits.mandates import set_mandate_aside
from bank.models import (
    BankAccount,
    Collection,
    CollectionItem,
    CsvProfile,
    KnownPayer,
    LinePayment,
    Mandate,
    Statement,
    StatementLine,
)
from billing.tests.factories import TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer

IBAN = "AT611904300234573201"
PAYER = "DE89370400440532013000"
_serial = count(1)


def make_csv_profile(**fields) -> CsvProfile:
    columns = {"booked_on": "Date", "amount": "Amount", "party_name": "Name", "text": ["Text"]}
    return CsvProfile.objects.create(**{"name": f"Bank {next(_serial)}", "columns": columns, **fields})


def make_bank_account(**fields) -> BankAccount:
    number = next(_serial)
    return BankAccount.objects.create(**{"name": f"Account {number}", "number": f"{number:08d}", **fields})


def make_statement(**fields) -> Statement:
    fields["account"] = fields.get("account") or make_bank_account()
    number = next(_serial)
    return Statement.objects.create(
        **{"format": "camt", "file_name": f"{number}.xml", "sha256": f"{number:064d}", "last_on": TODAY, **fields}
    )


def make_line(amount: str = "59.99", **fields) -> StatementLine:
    statement = fields.pop("statement", None) or make_statement(account=fields.pop("account", None))
    number = next(_serial)
    values = {"booked_on": TODAY, "value_on": TODAY, "position": number, "identity": f"line-{number}"}
    return StatementLine.objects.create(
        **{"statement": statement, "account": statement.account, "amount": Decimal(amount), **values, **fields}
    )


def make_line_payment(**fields) -> LinePayment:
    payment = make_payment(**fields)
    line = make_line(state="applied", customer=payment.customer)
    return LinePayment.objects.create(line=line, payment=payment, attempt=1, part=1)


def make_known_payer(**fields) -> KnownPayer:
    fields["customer"] = fields.get("customer") or make_customer()
    return KnownPayer.objects.create(**{"iban": PAYER, "learned_on": TODAY, **fields})


def make_mandate(**fields) -> Mandate:
    fields["customer"] = fields.get("customer") or make_customer()
    return Mandate.objects.create(
        **{
            "reference": f"M-{next(_serial)}",
            "holder": fields["customer"].name[:70],
            "iban": PAYER,
            "signed_on": date(2026, 1, 2),
            **fields,
        }
    )


def make_mandate_set_aside() -> Mandate:
    return set_mandate_aside(mandate=make_mandate(), reason="MD01", on=TODAY)


def make_collection(**fields) -> Collection:
    day = fields.pop("collect_on", date(2026, 4, 10))
    return Collection.objects.create(
        **{"reference": f"DD-{next(_serial)}", "collect_on": day, "due_up_to": day, **fields}
    )


def make_collection_item(**fields) -> CollectionItem:
    invoice = fields.pop("invoice", None) or make_invoice()
    mandate = fields.pop("mandate", None) or make_mandate(customer=invoice.customer)
    collection = fields.pop("collection", None) or make_collection()
    values = {"amount": invoice.open_amount, "sequence": mandate.sequence, "customer": invoice.customer}
    return CollectionItem.objects.create(
        collection=collection, mandate=mandate, invoice=invoice, end_to_end_id=f"E-{next(_serial)}", **values | fields
    )
