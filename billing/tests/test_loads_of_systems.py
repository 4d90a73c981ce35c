"""Loaded documents of several systems: their names and numbers, and what is exported of them."""

import pytest

from billing.models import Invoice
from billing.tests.factories import make_invoice
from billing.tests.loading import INVOICES, LINES, PAYMENTS, exported, reasons
from customerflow.loads.forms import PolicyForm
from customerflow.loads.refusals import CannotRunError
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def test_a_document_must_say_which_system_it_comes_from(load):
    make_customer(number="7")
    report = load("", invoices=f"{INVOICES}1,7,2025-03-01,,5\n", payments=f"{PAYMENTS}P1,7,5,2025-03-05,\n")
    assert [reason for reason in reasons(report) if "which system" in reason] == reasons(report)
    assert len(reasons(report)) == 2


def test_one_number_may_be_ours_and_that_of_two_other_systems(load):
    customer = make_customer(number="7")
    ours = make_invoice(customer=customer)
    text = f"{INVOICES}{ours.number},7,2025-03-01,,5\n"
    assert load("Old", invoices=text).is_accepted
    assert load("Older", invoices=text).is_accepted
    assert sorted(Invoice.objects.filter(number=ours.number).values_list("origin", flat=True)) == ["", "Old", "Older"]


@pytest.mark.parametrize("origin", ["Old", "Müller's 100% {x}"])
def test_numbers_with_any_signs_are_exported_and_loaded_unchanged(load, origin):
    make_customer(number="7")
    report = load(
        origin,
        invoices=f"{INVOICES}2024/1/a,7,2025-03-01,,30.00\n",
        invoice_lines=f"{LINES}2024/1/a,Fibre,1,30\n",
        payments=f"{PAYMENTS}P/1,7,5,2025-03-05,2024/1/a\n",
    )
    assert reasons(report) == []
    assert load("", **exported()).counts() == {"created": 0, "changed": 0, "unchanged": 3, "refused": 0}


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("x" * 51, "It has 51 characters; 50 are allowed."),
        ("Old/New", "A system's name has no /"),
        ("Old\x00", "It contains a control character."),
    ],
)
def test_a_system_has_a_name_that_can_be_kept(load, origin, reason):
    make_customer(number="7")
    with pytest.raises(CannotRunError, match=reason):
        load(origin, invoices=f"{INVOICES}1,7,2025-03-01,,30.00\n")
    if "\x00" not in origin:
        report = load(invoices=f"Number,Customer,Issued On,Total,Origin\n1,7,2025-03-01,30,{origin}\n")
        assert f"2 Origin: {reason}" in reasons(report)[0]


def test_a_refused_line_takes_the_invoice_of_its_own_system_with_it(load):
    make_customer(number="7")
    report = load(
        skip=True,
        invoices="Number,Origin,Customer,Issued On,Total\n1,Old,7,2025-03-01,30\n1,Older,7,2025-03-01,20\n",
        invoice_lines=f"{LINES}Old/1,,1,30\nOlder/1,Fibre,1,20\n",
    )
    assert reasons(report)[0] == "2 Number: One of its lines is refused, and there is no invoice by halves."
    assert [(invoice.origin, invoice.lines.get().description) for invoice in Invoice.objects.all()] == [
        ("Older", "Fibre")
    ]


def test_the_browser_asks_again_for_a_system_with_no_fit_name():
    form = PolicyForm({"skip_refused": "False", "on_existing": "update", "origin": "Old/New"}, kinds=["invoices"])
    assert form.errors == {"origin": ["A system's name has no /: that stands between it and a number."]}
