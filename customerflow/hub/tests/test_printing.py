"""What people print."""

import pytest
from django.urls import reverse

from billing.tests.factories import make_invoice


@pytest.mark.parametrize("name", ["register", "billing:invoice_detail"])
def test_what_is_meant_for_paper_has_a_button_that_prints(admin_client, name):
    invoice = make_invoice()
    address = reverse(name) if name == "register" else reverse(name, args=[invoice.pk])
    assert " data-print>" in admin_client.get(address).content.decode()
