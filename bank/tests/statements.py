"""Statements as they are read of a file, made without one."""

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count

from bank.files.content import FileLine, FileStatement
from bank.files.reading import ReadFile
from bank.loading import Loaded, load_statements
from bank.models import BankAccount
from billing.tests.factories import TODAY

_serial = count(1)


def said(amount: str = "59.99", day: date = TODAY, **fields) -> FileLine:
    return FileLine(**{"booked_on": day, "value_on": day, "amount": Decimal(amount), **fields})


def load(of: BankAccount, lines: Sequence[FileLine], *, on: date = TODAY, name: str = "", **fields) -> Loaded:
    digest = hashlib.sha256(name.encode() or str(next(_serial)).encode()).hexdigest()
    read = ReadFile(fields.pop("format", "camt"), digest, [FileStatement(lines=list(lines), **fields)])
    return load_statements(read=read, name="statement.xml", account=of, on=on)
