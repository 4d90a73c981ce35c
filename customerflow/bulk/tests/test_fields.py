"""The forms and rules of changing fields in bulk."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerflow.bulk.acts import ACTS
from customerflow.bulk.fields import ChangeFields, constraints_on, fields_form
from customerflow.bulk.selection import check, choose, confirm
from customerflow.staff.tests.factories import make_user
from customers.bulk_acts import ChangeCustomers, ChangeEquipment, ChangeLocations, CustomerFieldsForm
from customers.forms import EquipmentForm, LocationForm
from customers.models import Customer, Equipment, Location
from customers.tests.factories import make_customer, make_equipment, make_location

CHANGES = [(model, act) for model, acts in ACTS.items() for act in acts if issubclass(act, ChangeFields) and act.fields]


@pytest.mark.parametrize(("model", "act"), CHANGES, ids=lambda value: value.__name__)
def test_fields_for_many_are_of_the_records_own_form_and_not_unique(model, act):
    form = fields_form(act.record_form, act.fields)()
    assert set(act.fields) <= set(form.fields)
    assert not any(field.required for field in form.fields.values())
    assert not any(model._meta.get_field(name).unique for name in act.fields)


def test_the_checks_of_a_table_are_asked_for_where_they_mention_what_changes():
    found = {check.name: alone for check, alone in constraints_on(Equipment, frozenset({"status"}))}
    assert found == {
        "customers_equipment_status_known": True,
        "customers_equipment_installed_iff_located": False,
    }


@pytest.mark.django_db
def test_a_check_that_depends_on_other_fields_is_asked_for_each_record():
    class SetStatus(ChangeFields):
        values = {"status": "lost"}

    act = SetStatus(Equipment, by=make_user(), at=timezone.now())
    in_stock, installed = make_equipment(), make_equipment(location=make_location())
    assert act.carry_out(in_stock, {}) == {"Status": "Lost"}
    with pytest.raises(ValidationError, match="exactly while its status is Installed"):
        act.carry_out(installed, {})


# What people type, blank and wrong things among it.
TEXT = st.sampled_from(["", " Wien ", "Springfield", "x" * 101, "S\u0301ao", "\u202eabc", "Graz"])
TYPED = {
    (Customer, ChangeCustomers, CustomerFieldsForm): st.fixed_dictionaries(
        {
            "billing_day": st.sampled_from(["", "1", "31", "32", "0", "x"]),
            "payment_terms": st.sampled_from(["", "0", "14", "366", "-1"]),
            "note": TEXT,
        }
    ),
    (Location, ChangeLocations, LocationForm): st.fixed_dictionaries(
        {"city": TEXT, "region": TEXT, "country": st.sampled_from(["", "at", "AT", "A", "12"])}
    ),
    (Equipment, ChangeEquipment, EquipmentForm): st.fixed_dictionaries(
        {
            "model": TEXT,
            "cost": st.sampled_from(["", "10", "-1", "1,5", "much"]),
            "terms": st.sampled_from(["", "sold", "rented", "given"]),
            "monthly_rent": st.sampled_from(["", "0", "9.99", "9.999"]),
        }
    ),
}
MAKERS = {
    Customer: lambda n: make_customer(billing_day=1 + n, note="Old" * (n % 2)),
    Location: lambda n: make_location(city=["Graz", "Linz"][n % 2], region="", country=["", "AT"][n % 2]),
    Equipment: lambda n: make_equipment(model=["A", ""][n % 2], monthly_rent=Decimal(n), terms=["lent", "sold"][n % 2]),
}


def changed_singly(form_class, record, typed: dict[str, str]) -> bool:
    """Change a record by its own form, with what is typed and what it has; return whether that is allowed."""
    shown = form_class(instance=record)
    values = {name: shown[name].value() for name in shown.fields}
    given = {name: value for name, value in typed.items() if value}
    data = {name: value for name, value in {**values, **given}.items() if value not in (None, False)}
    form = form_class({**data, "version": record.version, "status": "active"}, instance=record)
    if not form.is_valid():
        return False
    if form.has_changed():
        form.save()
    return True


def changed_in_bulk(act, records, typed: dict[str, str]) -> bool:
    """Change records in bulk with what is typed; return whether that is allowed."""
    model = type(records[0])
    rows = model.objects.filter(pk__in=[record.pk for record in records])
    job = choose(act, rows, by=make_user(is_superuser=True), back="/")
    query = QueryDict(mutable=True)
    query.update(typed)
    if not check(job, query):
        return False
    confirm(job, turn=str(job.turn), number="", why="")
    assert job.state == "finished"
    return True


@pytest.mark.django_db
@pytest.mark.parametrize("kind", TYPED, ids=lambda kind: kind[0].__name__)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_bulk_edit_is_the_sum_of_single_edits(kind, data):
    model, act, form_class = kind
    typed = data.draw(TYPED[kind])
    singly, together = ([MAKERS[model](n) for n in range(4)] for _ in range(2))
    names = [name for name in typed if name in act.fields]
    allowed = all(changed_singly(form_class, model.objects.get(pk=record.pk), typed) for record in singly)
    changed = changed_in_bulk(act, together, typed)
    assert changed == (allowed and any(typed.values()))
    if allowed:
        stored = [
            list(model.objects.filter(pk__in=[record.pk for record in records]).order_by("pk").values_list(*names))
            for records in (singly, together)
        ]
        assert stored[0] == stored[1]
