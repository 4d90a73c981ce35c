"""Log-in, its brake, and passwords."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import identify_hasher
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customerflow.staff.addresses import client_address
from customerflow.staff.passwords import MAX_LENGTH
from customerflow.staff.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/login/"
WRONG = "wrong password for sure"


def log_in(client: Client, username: str, password: str = PASSWORD, **extra):
    return client.post(LOGIN, {"username": username, "password": password}, **extra)


def is_logged_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_log_in_goes_to_the_home_page(client):
    response = log_in(client, make_user().username)
    assert (response.status_code, response.url) == (302, reverse("home"))
    assert is_logged_in(client)


def test_log_in_goes_on_to_where_one_wanted_to_be(client):
    user = make_user()
    page = client.get("/account/?from=bookmark")
    assert page.url == "/login/?next=/account/%3Ffrom%3Dbookmark"
    form = client.get(page.url).content.decode()
    assert '<input type="hidden" name="next" value="/account/?from=bookmark">' in form
    response = client.post(LOGIN, {"username": user.username, "password": PASSWORD, "next": "/account/?from=bookmark"})
    assert response.url == "/account/?from=bookmark"


def test_log_in_does_not_go_to_another_site(client):
    user = make_user()
    response = client.post(LOGIN, {"username": user.username, "password": PASSWORD, "next": "https://evil.example/"})
    assert response.url == reverse("home")


def test_who_is_logged_in_is_not_asked_again(client):
    client.force_login(make_user())
    assert client.get("/login/?next=/account/").url == "/account/"


def test_a_wrong_password_keeps_the_name(client):
    user = make_user()
    response = log_in(client, user.username, WRONG)
    assert response.status_code == 200
    assert f'value="{user.username}"' in response.content.decode()
    assert not is_logged_in(client)


def test_who_left_cannot_log_in(client):
    user = make_user(is_active=False)
    assert log_in(client, user.username).status_code == 200
    assert not is_logged_in(client)


def test_a_session_ends_when_its_user_is_switched_off(client):
    user = make_user()
    log_in(client, user.username)
    user.is_active = False
    user.save()
    assert not is_logged_in(client)


def test_five_wrong_passwords_lock_the_name_from_that_address(client):
    user = make_user()
    statuses = [log_in(client, user.username, WRONG).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert log_in(client, user.username).status_code == 429
    assert not is_logged_in(client)


def test_four_wrong_passwords_lock_nobody(client):
    user = make_user()
    for _ in range(4):
        log_in(client, user.username, WRONG)
    assert log_in(client, user.username).status_code == 302


def test_a_locked_name_can_log_in_from_another_address(client):
    user = make_user()
    for _ in range(5):
        log_in(client, user.username, WRONG, REMOTE_ADDR="192.0.2.1")
    assert log_in(client, user.username, REMOTE_ADDR="192.0.2.1").status_code == 429
    assert log_in(client, user.username, REMOTE_ADDR="192.0.2.2").status_code == 302


def test_a_colleague_can_log_in_from_the_same_address(client):
    user, colleague = make_user(), make_user()
    for _ in range(5):
        log_in(client, user.username, WRONG)
    assert log_in(client, colleague.username).status_code == 302


def test_the_lock_opens_after_a_quarter_of_an_hour(client):
    user = make_user()
    for _ in range(5):
        log_in(client, user.username, WRONG)
    now = timezone.now()
    with time_machine.travel(now + timedelta(minutes=14), tick=False):
        assert log_in(client, user.username).status_code == 429
    with time_machine.travel(now + timedelta(minutes=16), tick=False):
        assert log_in(client, user.username).status_code == 302


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_wrote(rf, settings):
    request = rf.get("/", headers={"x-forwarded-for": "203.0.113.9, 192.0.2.1"}, REMOTE_ADDR="127.0.0.1")
    settings.BEHIND_PROXY = True
    assert client_address(request) == "192.0.2.1"


def test_without_a_proxy_nobody_chooses_their_own_address(rf, settings):
    request = rf.get("/", headers={"x-forwarded-for": "203.0.113.9"}, REMOTE_ADDR="192.0.2.7")
    settings.BEHIND_PROXY = False
    assert client_address(request) == "192.0.2.7"


def test_passwords_are_kept_as_argon2():
    assert identify_hasher(make_user().password).algorithm == "argon2"


@pytest.mark.parametrize("username", ["known", "unknown"])
def test_a_password_that_is_too_long_is_not_hashed(client, monkeypatch, username: str):
    make_user(username="known")
    hashed = []
    monkeypatch.setattr("django.contrib.auth.base_user.check_password", lambda *args, **kwargs: hashed.append(args))
    monkeypatch.setattr("django.contrib.auth.models.AbstractBaseUser.set_password", hashed.append)
    assert log_in(client, username, "x" * (MAX_LENGTH + 1)).status_code == 200
    assert hashed == []


def test_log_out_ends_the_session(client):
    client.force_login(make_user())
    response = client.post(reverse("logout"))
    assert response.url == reverse("login")
    assert not is_logged_in(client)


def test_log_out_after_the_session_has_ended_leads_to_the_log_in(client):
    assert client.post(reverse("logout")).url == reverse("login")


def change_password(client: Client, new: str, old: str = PASSWORD):
    data = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(reverse("password_change"), data)


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one():
    user, here, elsewhere = make_user(), Client(), Client()
    log_in(here, user.username)
    log_in(elsewhere, user.username)
    assert change_password(here, "staple battery horse correct").url == reverse("password_change_done")
    assert is_logged_in(here)
    assert not is_logged_in(elsewhere)
    assert log_in(Client(), user.username).status_code == 200
    assert log_in(Client(), user.username, "staple battery horse correct").status_code == 302


@pytest.mark.parametrize(
    "password", ["short", "password1234", "123456789012345", "x" * (MAX_LENGTH + 1)], ids=lambda text: text[:15]
)
def test_a_bad_new_password_is_refused(client, password: str):
    user = make_user()
    client.force_login(user)
    assert change_password(client, password).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
