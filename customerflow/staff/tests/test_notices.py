"""Choosing of which tickets one is told by e-mail."""

import re

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from customerflow.changes.models import ChangeSet
from customerflow.staff.models import User
from customerflow.staff.tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client) -> User:
    me = make_user(email="me@example.net")
    client.force_login(me)
    return me


def test_who_has_chosen_nothing_is_told_of_what_is_theirs_and_what_they_follow(client, me):
    page = client.get(reverse("account")).content.decode()
    assert me.notices == User.Notices.FOLLOWED
    chosen = [tag for tag in re.findall(r'<input[^>]*name="notices"[^>]*>', page) if "checked" in tag]
    assert [re.search('value="(.*?)"', tag)[1] for tag in chosen] == ["followed"]


@pytest.mark.parametrize("choice", ["none", "mine"])
def test_one_chooses_on_ones_own_page_and_it_is_on_record(client, me, choice: str):
    page = client.post(reverse("account_notices"), {"notices": choice}, follow=True).content.decode()
    me.refresh_from_db()
    assert me.notices == choice
    assert "Your choice is saved." in page
    assert ChangeSet.objects.latest("pk").act == "Notices by e-mail chosen"


@pytest.mark.parametrize("typed", [{}, {"notices": ""}, {"notices": "all"}, {"notices": "x" * 5_000}])
def test_what_cannot_be_chosen_is_refused_on_the_page_with_both_forms(client, me, typed: dict):
    page = client.post(reverse("account_notices"), typed)
    me.refresh_from_db()
    assert (page.status_code, me.notices) == (200, "followed")
    assert page.context["notices_form"].errors
    assert "Away until" in page.content.decode()


def test_a_refused_day_leaves_the_choice_on_the_page(client, me):
    page = client.post(reverse("account"), {"until": "2020-01-01"}).content.decode()
    assert "is over" in page
    assert 'value="followed"' in page


def test_the_page_says_why_one_is_not_told(client, me, settings):
    User.objects.filter(pk=me.pk).update(email="")
    assert "You have no e-mail address here" in client.get(reverse("account")).content.decode()
    settings.EMAIL_IS_ON = False
    assert "Sending e-mail is not set up here" in client.get(reverse("account")).content.decode()


def test_nobody_has_a_choice_that_there_is_not(me):
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.update(notices="all")
