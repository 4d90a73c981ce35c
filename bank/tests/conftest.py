"""What the tests of the bank share."""

import pytest

from bank.models import BankAccount
from bank.tests.factories import IBAN, make_bank_account


@pytest.fixture(autouse=True)
def euro(settings) -> None:
    """Let the installation be one that collects in euro."""
    settings.CURRENCY = "EUR"
    settings.OPERATOR_NAME = "Muster Netz GmbH"
    settings.OPERATOR_IBAN = IBAN
    settings.OPERATOR_BIC = "BKAUATWW"
    settings.OPERATOR_CREDITOR_ID = "AT61ZZZ01234567890"


@pytest.fixture
def account(db) -> BankAccount:
    """The account of the sample files."""
    return make_bank_account(iban=IBAN)
