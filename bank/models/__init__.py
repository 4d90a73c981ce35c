"""The records of this app."""

from bank.models.account import BankAccount, CsvProfile
from bank.models.debit import Collection, CollectionItem, Mandate
from bank.models.statement import KnownPayer, LinePayment, Statement, StatementLine

__all__ = [
    "BankAccount",
    "Collection",
    "CollectionItem",
    "CsvProfile",
    "KnownPayer",
    "LinePayment",
    "Mandate",
    "Statement",
    "StatementLine",
]
