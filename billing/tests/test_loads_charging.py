"""Loaded lines name the service that they charge; none is charged twice."""

import pytest

from billing.models import InvoiceLine
from billing.tests.loading import INVOICES, exported, reasons
from customerflow.loads.reports import Report
from customers.tests.factories import make_customer, make_location, make_service

pytestmark = pytest.mark.django_db


CHARGES = "Invoice,Description,Unit Price,Kind,First Day,Service\n"


def charging(load, lines: str, invoices: str = "1,7,2025-03-01,,30\n2,7,2025-03-02,,30\n", **options) -> Report:
    return load(invoices=INVOICES + invoices, invoice_lines=CHARGES + lines, **options)


def test_lines_name_the_service_that_they_charge(load):
    service = make_service(location=make_location(customer=make_customer(number="7")), login="ann")
    report = charging(load, f"1,Fibre,30,recurring,2025-03-01,ann\n2,Fibre,30,part,2025-04-01,#{service.pk}\n")
    assert reasons(report) == []
    assert [line.service for line in InvoiceLine.objects.all()] == [service, service]
    assert load("", **exported()).counts() == {"created": 0, "changed": 0, "unchanged": 4, "refused": 0}


def test_a_service_may_come_in_the_same_load(load):
    report = load(
        customers="ID,Name,Email,Phone\n7,Ann Lee,,\n",
        locations="Customer,Address\n7,1 High St\n",
        services="Customer,Location,Name,Cost,Starts On,Login\n7,1 High St,Fibre,30,2025-01-01,ann\n",
        invoices=f"{INVOICES}1,7,2025-03-01,,30\n",
        invoice_lines=f"{CHARGES}1,Fibre,30,recurring,2025-03-01,ann\n",
    )
    assert reasons(report) == []
    assert InvoiceLine.objects.get().service.login == "ann"


def test_a_line_charges_no_service_of_another_customer(load):
    make_customer(number="7")
    make_service(login="bob")
    found = reasons(charging(load, "1,Fibre,30,recurring,2025-03-01,bob\n"))
    assert any(reason.startswith("2 Service: There are no services") for reason in found)


def test_a_service_is_looked_for_at_the_customer_of_the_invoice(load):
    services = [
        make_service(location=make_location(customer=make_customer(number=number)), name="Fibre 100") for number in "78"
    ]
    invoices = "1,7,2025-03-01,,30\n2,8,2025-03-02,,30\n"
    lines = "{0},Fibre,30,recurring,2025-03-01,Fibre 100\n"
    report = charging(load, lines.format(1) + lines.format(2), invoices)
    assert reasons(report) == []
    assert [line.service for line in InvoiceLine.objects.order_by("pk")] == services


def test_a_service_is_charged_once_for_the_same_days(load):
    make_service(location=make_location(customer=make_customer(number="7")), login="ann")
    twice = "2 Service: The service is charged for the same days already."
    line = "{},Fibre,30,recurring,2025-03-01,ann\n"
    found = reasons(charging(load, line.format(1) + line.format(2)))
    assert [twice in found, twice.replace("2", "3", 1) in found] == [True, True]
    assert charging(load, line.format(1), "1,7,2025-03-01,,30\n").is_accepted
    assert twice in reasons(charging(load, line.format(2), "2,7,2025-03-02,,30\n"))
    void = {"invoices": "Number,Customer,Issued On,Total,Status\n3,7,2025-03-02,30,void\n"}
    assert load(**void, invoice_lines=CHARGES + line.format(3)).is_accepted
