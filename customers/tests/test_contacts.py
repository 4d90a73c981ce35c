"""The list of contacts."""

import pytest
from django.urls import reverse

from customers.models import Contact
from customers.tests.factories import make_contact, make_customer

pytestmark = pytest.mark.django_db


def test_contacts_are_listed_by_name_and_narrowed_by_text_customer_and_role(admin_client):
    customer = make_customer(number="1042", name="Mast Ltd")
    zoe = make_contact(name="Zoé Berg", customer=customer, role=Contact.Role.BILLING, email="zoe@mast.example")
    ann = make_contact(name="ann lee", customer=customer, phone="+43 1 555 1234")
    bob = make_contact(name="Bob Ito", role=Contact.Role.BILLING)
    contacts = reverse("customers:contact_list")

    def listed(**query):
        return admin_client.get(contacts, query).context["page"].rows

    assert listed() == [ann, bob, zoe]
    assert listed(sort="-name") == [zoe, bob, ann]
    assert listed(customer="1042") == [ann, zoe]
    assert listed(role="billing") == [bob, zoe]
    for text in ("zoe berg", "mast.example", "zo"):
        assert listed(q=text) == [zoe]
    for text in ("+4315551234", "555 1234"):
        assert listed(q=text) == [ann]


def test_a_contact_in_the_list_leads_to_its_customer(admin_client):
    contact = make_contact()
    page = admin_client.get(reverse("customers:contact_list")).content.decode()
    assert f'<a href="{contact.customer.get_absolute_url()}">{contact.name}</a>' in page


def test_a_list_of_fifty_contacts_takes_as_many_queries_as_one_of_two(admin_client, django_assert_max_num_queries):
    for _ in range(50):
        make_contact()
    with django_assert_max_num_queries(6):
        admin_client.get(reverse("customers:contact_list"))
