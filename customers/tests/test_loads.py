"""Customers from files are what customers from forms are."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from customerflow.formulas import guard
from customerflow.loads.csv_text import csv_line
from customerflow.loads.pipeline import load_files
from customerflow.loads.terms import LoadFile, Policy
from customers.loads import CustomerLoad
from customers.models import Customer

HEADER = ["ID", "Name", "Email", "Phone", "Billing Day", "Payment Terms", "Tax Exempt", "Note"]
# Mostly what is accepted, so that most rows get through; and anything at all.
anything = st.text(st.characters(codec="utf-8"), max_size=40)
visible = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=20)
words = visible | st.builds("{} {}".format, visible, visible)
phones = st.sampled_from(["", "555-1234", "+43 1 5123456", "(514) 721-4711 x12", "+442079460000", "00431 512 34 56"])
rows = st.tuples(
    words | visible | anything,
    words | anything,
    st.emails() | st.just("") | anything,
    phones | st.text(st.sampled_from("0123456789 +-()x"), max_size=20),
    st.integers(1, 31) | st.integers(-1, 40),
    st.integers(0, 365) | st.integers(-1, 400),
    st.booleans(),
    anything | st.just("two\nlines"),
)


def load(path, content: str, **policy):
    path.write_bytes(content.encode())
    file = LoadFile(path, CustomerLoad)
    return load_files([file], Policy(**policy))


def values(customer: Customer) -> dict:
    """Return everything stored of a customer but its identity and times."""
    left_out = {"id", "created_at", "updated_at"}
    return {
        field.attname: getattr(customer, field.attname)
        for field in Customer._meta.local_concrete_fields
        if field.attname not in left_out
    }


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=rows)
def test_a_loaded_row_is_what_saving_the_same_customer_gives(tmp_path, row):
    """The load writes by SQL, past `full_clean` and `save`: what it accepts and derives must be the same."""
    Customer.objects.all().delete()
    cells = [guard(value) if isinstance(value, str) else value for value in row]
    content = csv_line(HEADER) + csv_line(cells)
    if "\0" in content:
        return
    report = load(tmp_path / "id.csv", content)
    loaded = Customer.objects.first()
    event("loaded" if loaded else "refused")
    if loaded is None:
        assert report.refused == 1
        return
    fields = ("number", "name", "email", "phone", "billing_day", "payment_terms", "is_tax_exempt", "note")
    cleaned = [CustomerLoad.column(field).clean(str(cell)) for field, cell in zip(fields, cells, strict=True)]
    saved = Customer(**dict(zip(fields, cleaned, strict=True)))
    Customer.objects.all().delete()
    saved.full_clean()
    saved.save()
    assert values(Customer.objects.get()) == values(loaded)


@pytest.mark.parametrize(
    "phone", ["555-1234", "+43 1 5123456", "(514) 721-4711 x12", "12", "call me", "+", "1" * 16, "1-" * 30]
)
def test_a_phone_is_accepted_exactly_when_the_model_accepts_it(phone):
    clean = next(column.clean for column in CustomerLoad.columns if column.heading == "Phone")
    try:
        Customer._meta.get_field("phone").clean(phone, None)
        is_good = True
    except ValidationError:
        is_good = False
    try:
        assert clean(phone) == phone
        assert is_good
    except ValidationError:
        assert not is_good


def test_every_column_is_a_field_of_the_model_and_the_key_is_unique():
    fields = [CustomerLoad.field(column.field) for column in CustomerLoad.columns]
    assert CustomerLoad.keys == ((fields[0].attname,),)
    assert fields[0].unique
