"""A bulk edit from choosing to the result, with customers."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client
from django.utils.html import escape

from customerflow.bulk.models import BulkItem
from customerflow.bulk.tests.choosing import again, check, choose, confirm, do, messages_of, outcomes
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.undoing import undo
from customerflow.jobs import running
from customerflow.jobs.models import Job
from customerflow.staff.models import User
from customerflow.staff.roles import ADMINISTRATOR, MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user, make_user_with
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db

CUSTOMERS = "/customers/"
CHANGE = "ChangeCustomers"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(running, "PAUSE", 0)


@pytest.fixture
def person() -> User:
    return make_user(MANAGER, username="ann")


@pytest.fixture
def staff(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def billing_days() -> list[int]:
    return list(Customer.objects.order_by("pk").values_list("billing_day", flat=True))


def text_of(client: Client, job: Job) -> str:
    return client.get(job.get_absolute_url()).content.decode()


def make_customers(number: int, **fields) -> list[Customer]:
    return [make_customer(**fields) for _ in range(number)]


# --- Choosing --------------------------------------------------------------------------------------------------------


def test_only_the_rows_that_were_ticked_change(staff):
    customers = make_customers(3)
    job = do(staff, CUSTOMERS, CHANGE, customers[:2], billing_day="15")
    assert billing_days() == [15, 15, 1]
    assert (job.state, job.total, job.done, job.refused) == ("finished", 2, 2, 0)


def test_what_was_chosen_by_a_filter_stays_chosen_whoever_comes_and_goes(staff):
    matched = make_customers(2, status="lead")
    job = choose(staff, f"{CUSTOMERS}?status=lead", CHANGE)
    late = make_customer(status="lead")
    Customer.objects.filter(pk=matched[0].pk).update(status="active")
    confirm(staff, check(staff, job, billing_day="15"))
    assert dict(Customer.objects.values_list("pk", "billing_day")) == {
        matched[0].pk: 15,
        matched[1].pk: 15,
        late.pk: 1,
    }


def test_all_that_match_a_search_are_chosen_on_whichever_page_they_are(staff):
    make_customers(60, name="Springfield School")
    make_customer(name="Shelbyville")
    job = choose(staff, f"{CUSTOMERS}?q=springfield&size=25", CHANGE)
    assert job.total == BulkItem.objects.count() == 60


def test_the_way_back_keeps_filter_order_and_page(staff):
    make_customers(60)
    following = staff.get(CUSTOMERS, {"sort": "-name", "size": "25"}).context["next_url"]
    here = f"{CUSTOMERS}{following}"
    job = choose(staff, here, CHANGE, list(Customer.objects.all()[:1]))
    assert f'href="{escape(here)}"' in text_of(staff, job)
    staff.post(f"/jobs/{job.pk}/discard/")
    assert not Job.objects.exists()


@pytest.mark.parametrize("chosen", [[], ["0"], ["\0"], ["9" * 30], ["x"]])
def test_choosing_nothing_leads_back_to_the_list_and_says_so(staff, chosen):
    make_customer()
    page = staff.post(f"{CUSTOMERS}?status=active", {"act": CHANGE, "chosen": chosen}, follow=True)
    assert page.redirect_chain[-1][0] == f"{CUSTOMERS}?status=active"
    assert "No row was chosen." in page.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("query", ["status=misspelt", "colour=red", "q=nobody"])
def test_an_address_that_is_wrong_or_matches_nothing_never_means_all(staff, query):
    make_customer()
    assert choose(staff, f"{CUSTOMERS}?{query}", CHANGE) is None


def test_an_act_that_is_none_is_a_bad_request(staff):
    for data in ({}, {"act": "Nothing"}, {"act": "AssignTickets"}):
        assert staff.post(CUSTOMERS, {**data, "all": "1"}).status_code == 400


def test_a_list_of_money_has_no_rows_to_choose(staff):
    for address in ("/payments/", "/overdue/"):
        assert 'class="bulk-bar' not in staff.get(address).content.decode()
        assert staff.post(address, {"act": CHANGE, "all": "1"}).status_code == 405
    # Invoices are sent, and not changed.
    assert staff.post("/invoices/", {"act": CHANGE, "all": "1"}).status_code == 400


def test_choosing_takes_as_many_queries_for_400_rows_as_for_4(staff, django_assert_max_num_queries):
    make_customers(4)
    with django_assert_max_num_queries(30) as few:
        choose(staff, CUSTOMERS, CHANGE)
    make_customers(396)
    with django_assert_max_num_queries(len(few)):
        job = choose(staff, CUSTOMERS, CHANGE)
    assert job.total == 400


# --- The form --------------------------------------------------------------------------------------------------------


def test_a_blank_keeps_and_a_tick_empties(staff):
    customer = make_customer(note="Has a dog.", payment_terms=30, is_tax_exempt=True)
    do(staff, CUSTOMERS, CHANGE, [customer], billing_day="15", note="", is_tax_exempt="")
    customer.refresh_from_db()
    kept = (customer.note, customer.payment_terms, customer.is_tax_exempt)
    assert kept == ("Has a dog.", 30, True)
    do(staff, CUSTOMERS, CHANGE, [customer], empty_note="on", is_tax_exempt="no")
    customer.refresh_from_db()
    assert (customer.note, customer.is_tax_exempt, customer.version) == ("", False, 3)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({}, "Nothing is to change"),
        ({"note": "x", "empty_note": "on"}, "Give a value or empty it, not both."),
        ({"billing_day": "32"}, "less than or equal to 31"),
        ({"billing_day": "first"}, "Enter a whole number."),
        ({"status": "closed"}, "is not one of the available choices"),
        ({"note": "a\0b"}, "Null characters are not allowed"),
    ],
)
def test_what_is_typed_wrong_is_said_in_the_form_and_nothing_is_tried(staff, values, error):
    job = check(staff, choose(staff, CUSTOMERS, CHANGE, [make_customer()]), **values)
    assert job.state == "draft"
    assert error in text_of(staff, job)


def test_the_values_can_be_changed_after_they_were_checked(staff):
    make_customer()
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    assert 'name="billing_day" value="15"' in staff.get(f"{job.get_absolute_url()}?edit=1").content.decode()
    confirm(staff, check(staff, job, billing_day="20"))
    assert billing_days() == [20]


# --- What is shown ---------------------------------------------------------------------------------------------------


def test_what_would_be_done_is_shown_and_leaves_no_trace(staff):
    make_customers(2)
    make_customer(billing_day=20)
    make_customer(billing_day=15)
    before = (ChangeSet.objects.count(), Change.objects.count())
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    assert job.state == "checked"
    assert job.result["check"]["counts"] == {"ready": 3, "unchanged": 1}
    assert job.result["check"]["pairs"] == [["Billing day", "1", "15", 2], ["Billing day", "20", "15", 1]]
    assert (ChangeSet.objects.count(), Change.objects.count()) == before
    assert billing_days() == [1, 1, 20, 15]
    assert set(Customer.objects.values_list("version", flat=True)) == {1}


def test_a_sample_shows_records_as_they_stand_and_as_they_will(staff):
    customers = make_customers(12)
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15", payment_terms="30")
    sample = staff.get(job.get_absolute_url()).context["sample"]
    assert [each.record for each in sample] == customers[:10]
    assert sample[0].differences == [("Billing day", "1", "15"), ("Payment terms", "14", "30")]


def test_of_prose_only_is_kept_whether_there_was_some(staff):
    make_customer(note="His sister pays.")
    make_customer()
    job = do(staff, CUSTOMERS, CHANGE, note="Moved by the merger.")
    assert "sister" not in str(job.result)
    assert sorted(job.result["run"]["pairs"]) == [["Note", "", "…", 1], ["Note", "…", "…", 1]]


def test_who_is_left_out_is_counted_by_reason_and_named(staff):
    gone = [make_customer(name=f"Gone {n}", status="closed", closed_on=date(2026, 6, 30)) for n in range(3)]
    lead = make_customer(status="lead")
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), status="active")
    assert job.result["check"]["reasons"] == [["The account is closed. Reopen it instead.", 3]]
    page = text_of(staff, job)
    assert all(escape(str(customer)) in page for customer in gone)
    job = confirm(staff, job)
    assert outcomes(job) == {**{customer.pk: "refused" for customer in gone}, lead.pk: "done"}
    result = staff.get(job.get_absolute_url()).context
    assert (result["changed"], result["unchanged"], result["left_out"]) == (1, 0, 3)


@pytest.mark.parametrize("act", ["CloseCustomers", "ReopenCustomers"])
def test_no_reason_that_is_kept_names_a_customer(staff, act):
    make_customer(name="Maximilian")
    make_customer(name="Maximilian", status="closed", closed_on=date(2026, 6, 30))
    job = choose(staff, CUSTOMERS, act)
    job = check(staff, job, last_day="2026-06-30") if job.state == "draft" else job
    assert messages_of(job)
    assert "Maximilian" not in str(messages_of(job)) + str(job.result) + str(job.payload)


# --- Confirming ------------------------------------------------------------------------------------------------------


def test_more_than_50_are_confirmed_by_typing_their_number(staff):
    make_customers(51)
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    for typed in ("", "50", "all"):
        job = confirm(staff, job, number=typed, why="New bank")
        assert job.state == "checked"
        assert 'value="New bank"' in text_of(staff, job)
    assert set(billing_days()) == {1}
    # As people write a number: spaces and marks between digits are nothing.
    job = confirm(staff, job, number=" 5,1 ")
    assert job.state == "finished"
    assert set(billing_days()) == {15}


def test_50_need_no_number(staff):
    make_customers(50)
    do(staff, CUSTOMERS, CHANGE, billing_day="15")
    assert set(billing_days()) == {15}


def test_confirming_twice_does_it_once(staff):
    customer = make_customer()
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    confirm(staff, job)
    confirm(staff, job)
    customer.refresh_from_db()
    assert customer.version == 2
    assert again(job).done == 1


def test_what_is_not_checked_cannot_be_confirmed(staff):
    make_customer()
    job = confirm(staff, choose(staff, CUSTOMERS, CHANGE))
    assert (job.state, billing_days()) == ("draft", [1])


def test_confirming_an_older_page_than_the_last_check_does_nothing(staff):
    make_customer()
    older = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    newer = check(staff, older, billing_day="20")
    confirm(staff, older)
    assert (again(older).state, billing_days()) == ("checked", [1])
    confirm(staff, newer)
    assert billing_days() == [20]


def test_what_was_checked_on_another_day_is_checked_again(staff):
    make_customer()
    with time_machine.travel(datetime(2026, 6, 30, 12, tzinfo=UTC), tick=False):
        job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    with time_machine.travel(datetime(2026, 7, 1, 12, tzinfo=UTC), tick=False):
        page = staff.post(f"/jobs/{job.pk}/confirm/", {"turn": job.turn}, follow=True)
        assert "Check again, then confirm." in page.content.decode()
        assert billing_days() == [1]
        confirm(staff, check(staff, job, billing_day="15"))
    assert billing_days() == [15]


# --- Rights ----------------------------------------------------------------------------------------------------------


def test_only_the_person_who_chose_may_check_confirm_or_discard(staff, client):
    make_customer()
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    client.force_login(make_user(ADMINISTRATOR))
    for step in ("check", "confirm", "discard"):
        assert client.post(f"/jobs/{job.pk}/{step}/", {"turn": job.turn}).status_code == 403
    page = client.get(job.get_absolute_url())
    assert page.status_code == 200
    assert "/confirm/" not in page.content.decode()


def test_a_right_that_was_taken_away_meanwhile_is_missed_at_the_run(staff, person):
    make_customer()
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    person.groups.clear()
    job = confirm(staff, job)
    assert (job.state, job.problem) == ("failed", "Whoever asked for this may not do it any more.")
    assert billing_days() == [1]


def test_a_job_of_another_kind_has_no_pages_of_a_bulk_edit(staff, person):
    job = Job.objects.open("something", title="Something", by=person)
    for step in ("check", "confirm", "discard"):
        assert staff.post(f"/jobs/{job.pk}/{step}/").status_code == 404
    assert staff.get(f"/jobs/{job.pk}/records/").status_code == 404


# --- Meanwhile -------------------------------------------------------------------------------------------------------


def test_a_record_that_changed_after_it_was_shown_is_left_out_with_who_changed_it(staff, client, person):
    seen, changed, removed = make_customers(3)
    job = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    client.force_login(make_user(SUPPORT, username="bob"))
    do(client, CUSTOMERS, CHANGE, [changed], billing_day="28")
    Customer.objects.filter(pk=removed.pk).delete()
    client.force_login(person)
    job = confirm(client, job)
    assert outcomes(job) == {seen.pk: "done", changed.pk: "meanwhile", removed.pk: "meanwhile"}
    assert billing_days() == [15, 28]
    page = text_of(client, job)
    assert "It was changed meanwhile. It was bob." in page
    assert "It was removed meanwhile." in page


def test_a_record_that_changed_before_it_was_tried_is_shown_as_it_is(staff):
    customer = make_customer()
    job = choose(staff, CUSTOMERS, CHANGE)
    Customer.objects.filter(pk=customer.pk).update(billing_day=28, version=2)
    job = check(staff, job, billing_day="15")
    assert job.result["check"]["pairs"] == [["Billing day", "28", "15", 1]]
    confirm(staff, job)
    assert billing_days() == [15]


# --- The result ------------------------------------------------------------------------------------------------------


def test_who_may_not_see_the_records_sees_how_many_they_are_and_no_values(staff):
    make_customer(billing_day=1)
    job = do(staff, CUSTOMERS, CHANGE, billing_day="15")
    other = make_user_with("view_job")
    values = "Old and new values"
    assert values in text_of(staff, job)
    staff.force_login(other)
    assert "Changed" in text_of(staff, job)
    assert values not in text_of(staff, job)


def test_the_result_of_each_record_is_a_list_that_can_be_filtered_and_exported(staff):
    make_customer(name="Ann", status="lead")
    gone = make_customer(name="=Gone", status="closed", closed_on=date(2026, 6, 30))
    job = do(staff, CUSTOMERS, CHANGE, status="active")
    records = f"/jobs/{job.pk}/records/"
    assert [str(item) for item in staff.get(records, {"outcome": "refused"}).context["table"].records] == [str(gone)]
    assert [str(item) for item in staff.get(records, {"q": gone.pk}).context["table"].records] == [str(gone)]
    exported = b"".join(staff.get(records, {"export": "csv"}).streaming_content).decode()
    assert exported.splitlines()[1].endswith(",Changed,")
    assert exported.splitlines()[2] == f"'{gone},Left out,The account is closed. Reopen it instead."


def test_a_list_of_results_takes_as_many_queries_for_50_rows_as_for_5(staff, django_assert_max_num_queries):
    few_job = choose(staff, CUSTOMERS, CHANGE, make_customers(5))
    many_job = choose(staff, CUSTOMERS, CHANGE, make_customers(50))
    with django_assert_max_num_queries(20) as few:
        staff.get(f"/jobs/{few_job.pk}/records/")
    with django_assert_max_num_queries(len(few)):
        staff.get(f"/jobs/{many_job.pk}/records/")


def test_what_was_done_is_one_act_with_its_reason_and_is_undone_as_one(staff, person):
    make_customers(3)
    page = check(staff, choose(staff, CUSTOMERS, CHANGE), billing_day="15")
    answer = staff.post(f"/jobs/{page.pk}/confirm/", {"turn": page.turn, "why": "New bank"}, follow=True)
    parent = again(page).change_set
    assert f'href="/changes/{parent.pk}/undo/"' in answer.content.decode()
    assert (parent.act, parent.by, parent.why, parent.batches.count()) == ("Change customers", person, "New bank", 1)
    undo(parent, by=person)
    assert billing_days() == [1, 1, 1]


def test_an_act_that_changes_nothing_leaves_no_record_of_changes(staff):
    make_customer(billing_day=15)
    job = choose(staff, CUSTOMERS, CHANGE)
    before = ChangeSet.objects.count()
    job = confirm(staff, check(staff, job, billing_day="15"))
    assert (job.state, job.change_set, ChangeSet.objects.count()) == ("finished", None, before)


def test_drafts_that_were_never_confirmed_are_forgotten_after_a_day(staff):
    make_customer()
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
        draft, done = choose(staff, CUSTOMERS, CHANGE), do(staff, CUSTOMERS, CHANGE, billing_day="15")
    with time_machine.travel(datetime(2026, 6, 3, 12, tzinfo=UTC), tick=False):
        staff.force_login(done.by)
        fresh = choose(staff, CUSTOMERS, CHANGE)
    assert set(Job.objects.all()) == {done, fresh}
    assert not BulkItem.objects.filter(job_id=draft.pk).exists()
