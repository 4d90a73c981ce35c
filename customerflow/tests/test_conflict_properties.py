"""Whatever two or three people change of one record at a time, each keeps what only they changed, or is asked."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from customerflow.changes.models import ChangeSet
from customerflow.staff.models import User
from customerflow.staff.tests.factories import make_user
from customerflow.tests.sending import browser_of, sent_by
from customerflow.tests.threads import at_once
from customerflow.text import normalise
from customers.models import Customer, Location, PriceChange
from customers.tests.factories import make_customer, make_location, make_service

TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=8).map(normalise)
VALUES = {
    "name": TEXTS.map(str.strip).filter(bool),
    "note": st.lists(TEXTS, max_size=3).map("\n".join),
    "phone": st.sampled_from(["", "555-1111", "555-2222", "+1 202 555 0143"]),
    "billing_day": st.integers(1, 31),
    "payment_terms": st.integers(0, 3),
    "is_tax_exempt": st.booleans(),
}
EDITS = st.fixed_dictionaries({}, optional=VALUES)
OPENED = {
    "name": "Opened",
    "note": "one\ntwo",
    "phone": "",
    "billing_day": 1,
    "payment_terms": 2,
    "is_tax_exempt": False,
}


def typed(sent: dict[str, object], edits: dict[str, object]) -> dict[str, object]:
    """Return what the browser sends of a form in which these fields were filled in."""
    sent = {**sent, **{name: value for name, value in edits.items() if name != "is_tax_exempt"}}
    if "is_tax_exempt" in edits:
        sent.pop("is_tax_exempt", None)
        sent |= {"is_tax_exempt": "on"} if edits["is_tax_exempt"] else {}
    return sent


def canonical(values: dict[str, object]) -> dict[str, object]:
    """Return values without what a browser or a form changes of any text: line ends, and spaces around it."""
    return {
        name: "\n".join(value.strip().splitlines()) if isinstance(value, str) else value
        for name, value in values.items()
    }


def stored(customer: Customer) -> dict[str, object]:
    customer.refresh_from_db()
    return canonical({name: getattr(customer, name) for name in VALUES})


def merge(opened: dict, now: dict, mine: dict) -> tuple[dict, set[str]]:
    """Return what is to be stored once `mine` is saved over `now`, and the fields about which somebody must decide."""
    conflicts = {name for name in opened if len({repr(opened[name]), repr(now[name]), repr(mine[name])}) == 3}
    return {name: mine[name] if mine[name] != opened[name] else now[name] for name in opened}, conflicts


@pytest.mark.django_db
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(hers={"name": "0", "payment_terms": 0}, mine={"name": "1"}, third={}, theirs=set())
@given(hers=EDITS, mine=EDITS, third=EDITS, theirs=st.sets(st.sampled_from(sorted(VALUES))))
def test_every_save_is_the_merge_of_fields_or_is_refused_and_shows_what_was_typed(hers, mine, third, theirs, db):
    me, ann = pair()
    customer = make_customer(**OPENED)
    url = reverse("customers:customer_update", args=[customer.pk])
    opened, first_page = stored(customer), sent_by(me.get(url))
    ann.post(url, typed(first_page, hers))
    now, wanted = stored(customer), canonical({**opened, **mine})
    expected, conflicts = merge(opened, now, wanted)
    answer = me.post(url, typed(first_page, mine))
    assert (answer.status_code == 200) == bool(conflicts)
    if not conflicts:
        assert stored(customer) == expected
        return
    assert stored(customer) == now
    assert shown(answer) == expected

    # The page is sent again with some fields left to the colleague, after a third edit.
    ann.post(url, typed(sent_by(ann.get(url)), third))
    choice = {f"keep-{name}": "theirs" for name in theirs & conflicts}
    seen, now = now, stored(customer)
    expected, conflicts = merge(seen, now, {**expected, **{name: seen[name] for name in theirs & conflicts}})
    again = me.post(url, {**sent_by(answer), **choice})
    assert (again.status_code == 200) == bool(conflicts)
    assert stored(customer) == (now if conflicts else expected)
    if conflicts:
        assert shown(again) == expected
        assert me.post(url, sent_by(again)).status_code == 302
        assert stored(customer) == expected


def pair() -> tuple[Client, Client]:
    """Return the browsers of two people, who are the same in every example."""
    clients = []
    for name in ("me", "ann"):
        client = Client()
        client.force_login(User.objects.filter(username=name).first() or make_user(username=name, is_superuser=True))
        clients.append(client)
    return tuple(clients)


def shown(answer) -> dict[str, object]:
    """Return the values that the page holds."""
    sent = {name: values[0] for name, values in sent_by(answer).items()}
    values = {name: int(sent[name]) if name in ("billing_day", "payment_terms") else sent.get(name) for name in VALUES}
    return canonical({**values, "is_tax_exempt": "is_tax_exempt" in sent})


# --- At the same moment


@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_one_field_at_once_one_saves_and_the_others_are_shown_it():
    customer = make_customer(name="Opened")
    url = reverse("customers:customer_update", args=[customer.pk])
    people = [browser_of(f"person{index}") for index in range(4)]
    pages = [sent_by(person.get(url)) for person in people]
    answers = at_once(lambda index: people[index].post(url, {**pages[index], "name": f"Name {index}"}), 4)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    customer.refresh_from_db()
    saved = next(index for index, answer in enumerate(answers) if answer.status_code == 302)
    assert (customer.name, customer.version) == (f"Name {saved}", 2)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_different_fields_at_once_all_have_their_way():
    customer = make_customer(name="Opened")
    url = reverse("customers:customer_update", args=[customer.pk])
    edits = [{"name": "Mine"}, {"phone": "555-1111"}, {"billing_day": 7}, {"note": "Called"}]
    people = [browser_of(f"person{index}") for index in range(4)]
    pages = [sent_by(person.get(url)) for person in people]
    answers = at_once(lambda index: people[index].post(url, {**pages[index], **edits[index]}), 4)
    assert [answer.status_code for answer in answers] == [302] * 4
    customer.refresh_from_db()
    assert (customer.name, customer.phone, customer.billing_day, customer.note) == ("Mine", "555-1111", 7, "Called")
    assert customer.version == 5


@pytest.mark.django_db(transaction=True)
def test_of_many_who_act_on_what_they_saw_at_once_one_acts():
    service = make_service(cost=Decimal("59.99"), starts_on=date(2026, 1, 1))
    url = reverse("customers:service_cost", args=[service.pk])
    people = [browser_of(f"person{index}") for index in range(4)]
    pages = [sent_by(person.get(url)) for person in people]
    before = PriceChange.objects.count()
    answers = at_once(lambda index: people[index].post(url, {**pages[index], "cost": f"6{index}.00"}), 4)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    assert PriceChange.objects.count() == before + 1
    stale = next(answer for answer in answers if answer.status_code == 200)
    assert sent_by(stale)["version"] == ["2"]
    assert "A colleague changed this while you were looking at it" in stale.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_a_customer_who_is_removed_while_a_location_is_added_loses_nothing_unseen(_round):
    customer = make_customer(number="1042")
    make_location(customer=customer)
    url = reverse("customers:customer_delete", args=[customer.pk])
    me, ann = browser_of("me"), browser_of("ann")
    page = sent_by(me.get(url))
    new = {"customer": "1042", "address": "5 High St"}
    removed, added = at_once(
        lambda index: ann.post(reverse("customers:location_create"), new) if index else me.post(url, page), 2
    )
    assert {removed.status_code, added.status_code} == {200, 302}
    if removed.status_code == 302:
        assert not Location.objects.exists()
    else:
        assert Location.objects.count() == 2
        assert not ChangeSet.objects.filter(act="Customer removed").exists()
