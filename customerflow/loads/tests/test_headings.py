"""Matching headings."""

import pytest

from customerflow.loads.cleaning import text
from customerflow.loads.declaration import Column
from customerflow.loads.headings import match
from customerflow.loads.refusals import FileRefusedError

ID = Column("ID", "number", text(9), aliases=("Customer ID",))
EMAIL = Column("Email", "email", text(9))
DAY = Column("Billing Day", "billing_day", text(9), is_required=False)
COLUMNS = (ID, EMAIL, DAY)


@pytest.mark.parametrize("heading", ["Billing Day", "billing_day", " BILLINGDAY ", "b i l l i n g d a y"])
def test_case_spaces_and_underscores_do_not_matter(heading):
    assert match([heading, "email", "customer_id"], COLUMNS, [], line=1) == [DAY, EMAIL, ID]


def test_ignored_columns_and_the_reasons_of_a_rejects_file_are_left_out():
    assert match(["why", "ID", "Shoe Size", "Email"], COLUMNS, ["shoesize"], line=1) == [None, ID, None, EMAIL]


def test_everything_wrong_is_said_at_once_with_the_line():
    with pytest.raises(FileRefusedError) as caught:
        match(["Bilingday", "ID", "id", "Shoe size"], COLUMNS, [], line=3)
    assert caught.value.line == 3
    for part in (
        "“Bilingday”: did you mean Billing Day?",
        "“Shoe size”: known are ID, Email, Billing Day",
        "ID is there twice: columns 2, 3",
        "Email is missing",
    ):
        assert part in caught.value.reason
