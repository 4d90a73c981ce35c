"""The pages of the record of changes, as staff use them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import OperationalError, connection
from django.urls import NoReverseMatch, reverse

from billing import immutable
from billing.tests.factories import make_charge, make_discount, make_invoice
from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.changes.recording import Origin, acting_for, open_parent, recording
from customerflow.changes.tracked import is_tracked
from customerflow.history import undo_screen
from customerflow.staff.tests.factories import make_user
from customerflow.tests.pages import make_one_of_each, pages
from customers.merging import merge_customers
from customers.models import Contact, Customer, Equipment, Service
from customers.registration import remove_customer
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_equipment,
    make_location,
    make_pause,
    make_plan,
    make_service,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    client.force_login(user := make_user("Manager", first_name="Mona", last_name="Manager"))
    client.user = user
    return client


@pytest.fixture
def technician(client):
    client.force_login(user := make_user("Technician", first_name="Tom", last_name="Technician"))
    client.user = user
    return client


def act(name: str, by=None, why: str = "", through: str = "screen", **kwargs):
    """Record an act."""
    return acting_for(Origin(by=by, through=through, why=why, request_id="req-1")), recording(name, **kwargs)


def change(record, called="Changed", by=None, why="", **fields) -> ChangeSet:
    """Change a record as a person does, and return the change set."""
    origin, record_of_it = act(called, by, why)
    with origin, record_of_it as found:
        for field, value in fields.items():
            setattr(record, field, value)
        record.save()
    return found.change_set


def page(client, *args, status=200, name="changes:changeset_list", **query) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def shown(client, **query) -> list[int]:
    """Return the change sets that the list shows."""
    response = client.get(reverse("changes:changeset_list"), query)
    assert response.status_code == 200
    return [row.pk for row in response.context["page"].rows]


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# --- The list --------------------------------------------------------------------------------------------------------


def test_the_list_says_who_did_what_when_through_what_and_why(manager):
    customer = make_customer(name="Ann Lee", number="77")
    done = change(customer, "Customer changed", manager.user, "Moved house", phone="555-1234")
    body = page(manager)
    assert shown(manager)[0] == done.pk
    for said in ("Mona Manager", "Screen", "Customer changed", "Moved house", "Ann Lee (77)", done.get_absolute_url()):
        assert said in body


def test_an_act_on_many_records_is_counted_by_kind(manager):
    with recording("Added") as made:
        location = make_location()
        make_equipment(location=location)
        make_equipment(location=location)
    assert shown(manager)[0] == made.change_set.pk
    body = page(manager)
    assert "2 equipment added, 2 installations added, 1 customer added, 1 location added" in body


@pytest.mark.parametrize("name", ["by", "through", "kind", "action", "since", "until"])
def test_the_list_is_filtered_by_each_of_its_filters(manager, name):
    other = make_user("Support", username="other")
    customer = make_customer()
    ours = change(customer, "Ours", other, name="A")
    with acting_for(Origin(through="command")), recording("Theirs") as theirs:
        make_plan()
    ChangeSet.objects.filter(pk=ours.pk).update(at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    ChangeSet.objects.filter(pk=theirs.change_set.pk).update(at=datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
    ChangeSet.objects.exclude(pk__in=[ours.pk, theirs.change_set.pk]).delete()
    asked, left = {
        "by": ("other", ours),
        "through": ("command", theirs.change_set),
        "kind": ("customers.plan", theirs.change_set),
        "action": ("change", ours),
        "since": ("2026-03-02", theirs.change_set),
        "until": ("2026-03-01", ours),
    }[name]
    assert shown(manager) == [theirs.change_set.pk, ours.pk]
    assert shown(manager, **{name: asked}) == [left.pk]


def test_kind_and_what_became_of_it_are_asked_together(manager):
    with recording("Both") as both:
        customer = make_customer()
        make_plan()
    with recording("Plan changed, customer removed") as other:
        customer.delete()
        make_plan()
    assert shown(manager, kind="customers.customer", action="create") == [both.change_set.pk]
    assert shown(manager, kind="customers.customer", action="delete") == [other.change_set.pk]
    assert shown(manager, kind="customers.plan", action="delete") == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"since": "9999-12-31"},
        {"until": "0001-01-01"},
        {"since": "soon"},
        {"by": "nobody"},
        {"by": "\x00"},
        {"kind": "auth.permission"},
        {"kind": "'; drop table"},
        {"through": "magic"},
        {"action": "destroy"},
        {"record": "customers.customer:99999999999999999999"},
        {"record": "customers.customer:-1"},
        {"record": "customers.customer:0"},
        {"record": "customers.customer:"},
        {"record": ":7"},
        {"record": "a" * 100 + ":7"},
        {"record": "\x00:7"},
        {"record": "customer \x00"},
        {"record": "customer 99999999999999999999"},
        {"record": "customers.customer:٧"},
        {"record": "customers.customer:1", "by": "x" * 1000},
        {"record": "customers.customer:1", "since": "9999-12-31", "until": "0001-01-01"},
        {"record": "customers.customer:1", "kind": "customers.customer"},
        {"record": "customers.customer:1", "after": "nonsense"},
        {"after": "WzEsMSwxXQ", "before": "x"},
        {"sort": "-why"},
        {"size": "1000000"},
        {"nonsense": "1"},
    ],
)
def test_nothing_in_the_address_breaks_the_list(manager, query):
    make_customer()
    response = manager.get(reverse("changes:changeset_list"), query)
    assert response.status_code in (200, 403)


def test_a_filter_that_is_none_is_said_and_shows_no_row(manager):
    make_customer()
    body = page(manager, since="soon")
    assert "Enter a valid date" in body
    assert shown(manager, since="soon") == []


def test_pages_of_the_list_go_on_where_the_last_one_ended(manager):
    customer = make_customer()
    sets = [change(customer, name=f"Name {number}").pk for number in range(30)]
    first = manager.get(reverse("changes:changeset_list"), {"size": "25"})
    assert [row.pk for row in first.context["page"].rows] == sets[::-1][:25]
    rest = manager.get(reverse("changes:changeset_list") + first.context["next_url"])
    assert [row.pk for row in rest.context["page"].rows][:5] == sets[::-1][25:]


def test_fifty_acts_take_as_many_queries_as_five(manager, django_assert_max_num_queries):
    customers = [make_customer() for _ in range(50)]
    for customer in customers:
        change(customer, by=manager.user, name="Other")
    with django_assert_max_num_queries(12):
        assert len(shown(manager)) == 50


def test_a_long_jobs_portions_are_on_its_own_page_alone(manager):
    parent = open_parent("Bulk edit", by=manager.user)
    portions = []
    for _ in range(2):
        with recording("Bulk edit", parent=parent) as portion:
            make_customer()
            make_customer()
        portions.append(portion.change_set.pk)
    assert shown(manager)[0] == parent.pk
    assert not set(portions) & set(shown(manager))
    assert parent.pk in shown(manager, kind="customers.customer", action="create")
    assert "4 customers added" in page(manager)
    body = page(manager, parent.pk, name="changes:changeset_detail")
    assert all(reverse("changes:changeset_detail", args=[portion]) in body for portion in portions)
    assert parent.get_absolute_url() in page(manager, portions[0], name="changes:changeset_detail")


def test_the_list_is_exported_as_it_is_filtered(manager):
    customer = make_customer(name="Ann Lee")
    change(customer, "Renamed", manager.user, "=HYPERLINK()", name="Bo")
    change(make_plan(), "Planned")
    response = manager.get(reverse("changes:changeset_list"), {"export": "csv", "by": manager.user.username})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "1 customer changed" in lines[1]
    assert "'=HYPERLINK()" in lines[1]


# --- Whose eyes it is for --------------------------------------------------------------------------------------------


def test_a_technician_sees_nothing_of_invoices(technician):
    with recording("Invoiced") as invoiced:
        invoice = make_invoice()
    immutable.drop(connection)
    only = change(invoice, "Invoice touched", customer_name="Secret & Sons")
    body = page(technician)
    assert only.pk not in shown(technician)
    assert invoiced.change_set.pk in shown(technician)
    assert "invoice" not in body.casefold().replace("invoiced", "")
    assert "kind=" not in body
    assert shown(technician, kind="billing.invoice") == []
    detail = page(technician, invoiced.change_set.pk, name="changes:changeset_detail")
    assert invoice.customer.name in detail
    assert "billing.invoice" not in detail
    assert "Secret" not in detail
    page(technician, only.pk, name="changes:changeset_detail", status=404)
    page(technician, record=f"billing.invoice:{invoice.pk}", status=403)
    page(technician, only.pk, name="changes:changeset_undo", status=404)


def test_a_removed_kind_of_record_is_seen_by_those_who_may_do_everything(client):
    with recording("Added") as made:
        make_customer()
    Change.objects.filter(change_set=made.change_set).update(kind="radio.mast")
    ChangeCount.objects.filter(change_set=made.change_set).update(kind="radio.mast")
    client.force_login(make_user("Administrator"))
    assert made.change_set.pk not in shown(client)
    client.force_login(make_user(is_superuser=True))
    assert made.change_set.pk in shown(client)
    assert "radio.mast" in page(client, made.change_set.pk, name="changes:changeset_detail").casefold()
    assert "does not have" in page(client, made.change_set.pk, name="changes:changeset_detail")
    page(client, made.change_set.pk, name="changes:changeset_undo", status=403)


# --- One act ---------------------------------------------------------------------------------------------------------


def test_an_act_is_shown_with_all_that_is_known_of_it(manager):
    customer = make_customer(phone="")
    done = change(customer, "Customer changed", manager.user, "Moved house", phone="555-1234")
    body = page(manager, done.pk, name="changes:changeset_detail")
    for said in ("Mona Manager", "Moved house", "req-1", "Screen", "555-1234", "empty", str(customer)):
        assert said in body
    assert reverse("changes:changeset_undo", args=[done.pk]) in body


def test_a_big_act_is_shown_in_pages(manager, django_assert_max_num_queries):
    with recording("Loaded") as made:
        Customer.objects.bulk_create(Customer(number=f"N{i}", name=f"Name {i}") for i in range(120))
    address = reverse("changes:changeset_detail", args=[made.change_set.pk])
    with django_assert_max_num_queries(14):
        first = manager.get(address)
    assert len(first.context["told"]) == 50
    last = manager.get(address + first.context["last_url"])
    assert last.context["told"][-1].record.text == "Name 119 (N119)"
    assert manager.get(address + "?after=nonsense").status_code == 200


# --- The history of a record -----------------------------------------------------------------------------------------


def test_every_record_page_shows_its_history(client):
    client.force_login(make_user(is_superuser=True))
    make_one_of_each()
    seen = []
    for each in pages():
        if each.name.endswith("_detail") and each.model and getattr(each.model, "is_on_record", True):
            body = client.get(each.address()).content.decode()
            if 'id="history"' in body:
                record = each.model._default_manager.latest("pk")
                assert f"?record={record._meta.label_lower}%3A{record.pk}" in body
                seen.append(each.model._meta.model_name)
            else:
                assert each.model._meta.app_label not in {"customers", "billing", "tickets"}, each
    assert {"customer", "location", "service", "equipment", "plan", "invoice", "payment", "ticket"} <= set(seen)


def test_a_customers_page_tells_what_became_of_all_that_is_theirs(manager):
    customer = make_customer()
    location = make_location(customer=customer)
    change(make_contact(customer=customer, name="Bo"), name="Bo Zed")
    change(make_service(location=location), "Service moved", name="Fibre 9000")
    change(make_equipment(location=location), serial="SN-4711")
    change(make_customer(), name="Somebody Else")
    body = manager.get(customer.get_absolute_url()).content.decode()
    history = body[body.index('id="history"') :]
    assert all(said in history for said in ("Bo Zed", "Fibre 9000", "SN-4711"))
    assert "Somebody Else" not in history


def test_a_page_shows_the_newest_ten_changes_and_the_way_to_all(manager):
    plan = make_plan()
    for number in range(12):
        change(plan, name=f"Plan number {number}")
    body = manager.get(plan.get_absolute_url()).content.decode()
    assert body.count('<li class="change">') == 10
    whole = page(manager, record=f"customers.plan:{plan.pk}")
    assert whole.count('<li class="change">') == 13


def test_the_history_of_a_record_with_ten_thousand_changes_takes_eight_queries(client, django_assert_max_num_queries):
    customer = make_customer()
    done = change(customer, name="Other")
    Change.objects.bulk_create(
        Change(
            change_set=done,
            kind="customers.customer",
            record_id=customer.pk,
            action="change",
            version=number,
            before=f'{{"name": "Name {number}"}}',
            after=f'{{"name": "Name {number + 1}"}}',
        )
        for number in range(10_000)
    )
    client.force_login(make_user("Manager"))
    address = f"{reverse('changes:changeset_list')}?record=customers.customer:{customer.pk}"
    with django_assert_max_num_queries(8):
        first = client.get(address)
    assert first.status_code == 200
    assert len(first.context["page"].rows) == 50
    with django_assert_max_num_queries(8):
        assert len(client.get(f"{address}&last=1").context["page"].rows) == 50
    with django_assert_max_num_queries(32):
        assert client.get(customer.get_absolute_url()).status_code == 200


def test_the_history_of_a_removed_customer_stays_and_offers_to_bring_it_back(manager):
    customer = make_customer(name="Ann Lee", number="77")
    key = customer.pk
    change(customer, name="Ann Zed")
    origin, removal = act("Customer removed", manager.user)
    with origin, removal as done:
        remove_customer(customer=customer)
    body = page(manager, record=f"customers.customer:{key}")
    assert "Ann Zed (77)" in body
    assert reverse("changes:changeset_undo", args=[done.change_set.pk]) in body
    assert "Ann Zed (77)" in page(manager, kind="customers.customer", action="delete")


def test_a_record_is_found_by_what_people_call_it(manager):
    customer = make_customer(number="1042", name="Ann Lee")
    plan = make_plan(name="Copper")
    assert "History of customer Ann Lee (1042)" in page(manager, record="customer 1042")
    assert "History of plan Copper" in page(manager, record=f"Plan #{plan.pk}")
    assert "There is no" in page(manager, record="customer 1043")
    assert customer.pk


def test_a_history_is_filtered_by_person_and_day(manager):
    customer = make_customer(name="A")
    theirs = change(customer, by=make_user("Support", username="other"), name="B")
    change(customer, by=manager.user, name="C")
    address, record = reverse("changes:changeset_list"), f"customers.customer:{customer.pk}"
    rows = manager.get(address, {"record": record, "by": "other"}).context["page"].rows
    assert [row.change_set_id for row in rows] == [theirs.pk]
    assert "No row matches" in page(manager, until="2020-01-01", record=record)


# --- Undo ------------------------------------------------------------------------------------------------------------


def undo_address(change_set: ChangeSet) -> str:
    return reverse("changes:changeset_undo", args=[change_set.pk])


def test_the_message_after_an_act_leads_to_undo_and_undo_can_be_undone(manager):
    plan = make_plan(name="Copper")
    fields = {"name": "Fibre", "kind": plan.kind, "price": "10.00", "version": plan.version, "seen": "{}"}
    response = manager.post(reverse("customers:plan_update", args=[plan.pk]), fields, follow=True)
    done = ChangeSet.objects.latest("pk")
    assert undo_address(done) in messages_of(response)[0]
    response = manager.post(undo_address(done), {"why": "Wrong plan"}, follow=True)
    plan.refresh_from_db()
    undone = ChangeSet.objects.latest("pk")
    assert plan.name == "Copper"
    assert (undone.undoes, undone.why, undone.by) == (done, "Wrong plan", manager.user)
    assert undo_address(undone) in messages_of(response)[0]
    assert "1 record was put back" in messages_of(response)[0]
    assert "Undone" in page(manager)
    manager.post(undo_address(undone))
    plan.refresh_from_db()
    assert plan.name == "Fibre"


def test_looking_changes_nothing_and_says_what_would_come_back(manager):
    customer = make_customer(name="Ann Lee", number="77")
    make_contact(customer=customer, name="Bo")
    with recording("Customer removed") as removal:
        remove_customer(customer=customer)
    before = (ChangeSet.objects.count(), Change.objects.count())
    body = page(manager, removal.change_set.pk, name="changes:changeset_undo")
    assert "Ann Lee (77)" in body
    assert body.count("comes back") == 2
    assert (ChangeSet.objects.count(), Change.objects.count()) == before
    assert not Customer.objects.exists()
    manager.post(undo_address(removal.change_set))
    assert Customer.objects.get().pk == customer.pk or Customer.objects.get().number == "77"
    assert Contact.objects.get().name == "Bo"


def test_what_was_changed_since_is_named_and_left_alone_unless_ticked(manager):
    first, second = make_equipment(name="One"), make_equipment(name="Two")
    with recording("Prices") as prices:
        for unit in (first, second):
            unit.cost = Decimal("1.00")
            unit.save()
    colleague = make_user("Support", first_name="Cleo", last_name="Colleague")
    change(second, "Price corrected", colleague, cost=Decimal("2.00"))
    body = page(manager, prices.change_set.pk, name="changes:changeset_undo")
    assert "Cleo Colleague" in body
    assert "Price corrected" in body
    assert f'value="customers.equipment:{second.pk}"' in body
    response = manager.post(undo_address(prices.change_set), follow=True)
    assert "1 was left alone" in messages_of(response)[0]
    costs = dict(Equipment.objects.values_list("name", "cost"))
    assert costs == {"One": Decimal("89.00"), "Two": Decimal("2.00")}
    manager.post(undo_address(prices.change_set), {"force": ["nonsense", "x:y", f"customers.equipment:{second.pk}"]})
    second.refresh_from_db()
    assert second.cost == Decimal("89.00")


def test_all_that_was_changed_since_is_put_back_with_one_tick(manager):
    units = [make_equipment() for _ in range(3)]
    with recording("Prices") as prices:
        for unit in units:
            unit.cost = Decimal("1.00")
            unit.save()
    for unit in units:
        change(unit, cost=Decimal("2.00"))
    assert 'name="force_all"' in page(manager, prices.change_set.pk, name="changes:changeset_undo")
    response = manager.post(undo_address(prices.change_set), follow=True)
    assert "Nothing was put back." in response.content.decode()
    manager.post(undo_address(prices.change_set), {"force_all": "yes"})
    assert set(Equipment.objects.values_list("cost", flat=True)) == {Decimal("89.00")}


def test_what_something_newer_belongs_to_stays_and_nothing_is_offered(manager):
    origin, addition = act("Plan added", manager.user)
    with origin, addition as made:
        plan = make_plan()
    make_service(plan=plan)
    body = page(manager, made.change_set.pk, name="changes:changeset_undo")
    assert "Something newer belongs to it" in body
    assert "Nothing of it can be put back" in body
    assert 'name="why"' not in body


def test_a_number_that_another_has_taken_is_said(manager):
    customer = make_customer(number="77", name="Ann")
    with recording("Removed") as removal:
        customer.delete()
    make_customer(number="77", name="Newcomer")
    body = page(manager, removal.change_set.pk, name="changes:changeset_undo")
    assert "Newcomer (77) has this number now" in body


def test_money_refuses_and_names_the_document_that_takes_it_back(client):
    client.force_login(make_user(is_superuser=True))
    with recording("Invoiced") as invoiced:
        make_invoice()
    body = page(client, invoiced.change_set.pk, name="changes:changeset_undo")
    assert "An invoice is taken back by voiding it" in body
    assert 'name="why"' not in body
    response = client.post(undo_address(invoiced.change_set))
    assert response.status_code == 200
    assert "An invoice is taken back by voiding it" in response.content.decode()
    listed = page(client, invoiced.change_set.pk, name="changes:changeset_detail")
    assert undo_address(invoiced.change_set) not in listed
    assert "An invoice is taken back by voiding it" in listed


def test_who_may_not_do_the_opposite_may_not_undo_and_is_not_offered_to(technician):
    customer = make_customer(name="A")
    done = change(customer, by=make_user("Manager"), name="B")
    page(technician, done.pk, name="changes:changeset_undo", status=403)
    assert technician.post(undo_address(done)).status_code == 403
    assert undo_address(done) not in page(technician)
    assert undo_address(done) not in page(technician, done.pk, name="changes:changeset_detail")
    assert undo_address(done) not in page(technician, record=f"customers.customer:{customer.pk}")
    assert undo_address(done) not in technician.get(customer.get_absolute_url()).content.decode()
    customer.refresh_from_db()
    assert customer.name == "B"


def test_an_act_that_also_touched_money_is_not_offered_to_be_undone_at_its_plain_records(manager):
    with recording("Invoiced") as invoiced:
        invoice = make_invoice()
    body = page(manager, record=f"customers.customer:{invoice.customer.pk}")
    assert invoice.customer.name in body
    assert undo_address(invoiced.change_set) not in body
    assert undo_address(invoiced.change_set) not in page(manager)


def test_one_may_take_back_what_one_added_without_the_right_to_remove(client):
    client.force_login(support := make_user("Support"))
    origin, addition = act("Customer added", support)
    with origin, addition as mine:
        customer = make_customer()
    assert undo_address(mine.change_set) in page(client, record=f"customers.customer:{customer.pk}")
    client.post(undo_address(mine.change_set))
    assert not Customer.objects.exists()


def test_an_act_that_is_none_is_not_found(manager):
    page(manager, 987_654_321, name="changes:changeset_detail", status=404)
    page(manager, 987_654_321, name="changes:changeset_undo", status=404)
    assert manager.post(reverse("changes:changeset_undo", args=[987_654_321])).status_code == 404


def test_a_busy_database_is_said_and_not_an_error(manager, monkeypatch):
    done = change(make_customer(), by=manager.user, name="B")

    def busy(*_args, **_kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(undo_screen, "plan_undo", busy)
    monkeypatch.setattr(undo_screen, "undo", busy)
    assert "busy" in page(manager, done.pk, name="changes:changeset_undo", status=503)
    assert manager.post(undo_address(done)).status_code == 503


def test_a_long_job_is_undone_as_a_whole(manager):
    plans = [make_plan(name=f"Plan {number}") for number in range(4)]
    parent = open_parent("Renamed", by=manager.user)
    for half in (plans[:2], plans[2:]):
        with recording("Renamed", parent=parent):
            for plan in half:
                plan.name += "!"
                plan.save()
    assert "Plan 3" in page(manager, parent.pk, name="changes:changeset_undo")
    response = manager.post(undo_address(parent), follow=True)
    assert "4 records were put back" in messages_of(response)[0]
    assert {plan.name for plan in type(plan).objects.all()} == {"Plan 0", "Plan 1", "Plan 2", "Plan 3"}
    assert "Undone" in page(manager)


def test_a_page_of_one_day_ends_at_midnight_here(manager, settings):
    done = change(make_customer(), name="B")
    ChangeSet.objects.filter(pk=done.pk).update(at=datetime(2026, 3, 2, 3, 0, tzinfo=UTC))
    settings.TIME_ZONE = "America/New_York"
    day = date(2026, 3, 1).isoformat()
    assert done.pk in shown(manager, since=day, until=day)


def test_a_removed_customer_is_found_by_the_number_that_it_had(manager):
    customer = make_customer(number="A/7é", name="Ann Gone")
    remove_customer(customer=customer)
    page = manager.get("/changes/", {"record": "customer A/7é"}).content.decode()
    assert "Ann Gone" in page
    assert "There is no" in manager.get("/changes/", {"record": "customer A/8"}).content.decode()


def test_a_removed_location_is_found_by_its_number(manager):
    place = make_location(address="12 Gone Road")
    key = place.pk
    place.delete()
    assert "12 Gone Road" in manager.get("/changes/", {"record": f"location {key}"}).content.decode()


def test_a_merge_that_moved_invoices_is_offered_for_undo_in_the_list(manager):
    survivor, duplicate = make_customer(), make_customer()
    make_invoice(customer=duplicate)
    merge_customers(survivor=survivor, duplicate=duplicate, values={}, on=date(2026, 11, 20))
    merged = ChangeSet.objects.latest("pk")
    assert f"/changes/{merged.pk}/undo/" in manager.get("/changes/").content.decode()


def test_undo_beside_one_portion_of_a_long_job_is_of_the_whole_job(manager):
    customer = make_customer()
    parent = open_parent("Notes changed")
    with recording("Notes changed", parent=parent) as portion:
        Customer.objects.filter(pk=customer.pk).update(note="x")
    page = manager.get(customer.get_absolute_url()).content.decode()
    assert f"/changes/{parent.pk}/undo/" in page
    assert f"/changes/{portion.change_set.pk}/undo/" not in page
    assert f"/changes/{parent.pk}/undo/" in manager.get(f"/changes/{portion.change_set.pk}/undo/").content.decode()


# Lines are told of by their documents, refunds by what they are out of, former numbers and pairs by the merge, and
# suspended services by their suspension.
TOLD_ELSEWHERE = {
    # On the panels of collections and of the bank, and on the page of leaks, with who did it.
    "bank.collectionitem",
    "bank.knownpayer",
    "dunning.assignment",
    "dunning.nextaction",
    "reports.acceptedleak",
    "billing.creditnoteline",
    "billing.invoiceline",
    "billing.refund",
    "customers.distinctpair",
    "customers.formernumber",
    "suspensions.suspendedservice",
}


@pytest.mark.parametrize("owner", [Customer, Service])
def test_what_has_no_page_of_its_own_is_in_the_history_of_its_customer_or_service(owner):
    untold = {
        relation.related_model._meta.label_lower
        for relation in owner._meta.related_objects
        if is_tracked(relation.related_model)
        and not has_page(relation.related_model)
        and relation.field.name not in getattr(relation.related_model, "shown_with", ())
    }
    assert untold - TOLD_ELSEWHERE == set()


def has_page(model) -> bool:
    """Return whether records of a kind have a page of their own."""
    try:
        return bool(reverse(f"{model._meta.app_label}:{model._meta.model_name}_detail", args=[1]))
    except NoReverseMatch:
        return False


@pytest.mark.parametrize("make", [make_pause, make_charge, make_discount])
def test_the_pages_of_a_service_and_its_customer_tell_of_pauses_charges_and_discounts(manager, make):
    service = make_service()
    customer = service.location.customer
    record = make(service=service) if make is make_pause else make(service=service, customer=customer)
    kind = record._meta.label_lower
    for whole in (service, customer):
        shown = manager.get(whole.get_absolute_url()).content.decode()
        told = Change.objects.get(kind=kind, record_id=record.pk)
        history = shown.split('id="history"')[1]
        assert str(record) in history
        assert reverse("changes:changeset_detail", args=[told.change_set_id]) in history
