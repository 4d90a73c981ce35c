"""What an administrator may do with staff, and what nobody may."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from customerflow.staff.models import User
from customerflow.staff.roles import ADMINISTRATOR, GROUPS, MANAGER, SUPPORT
from customerflow.staff.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
USERS = "admin:staff_user_changelist"
NEW_PASSWORD = "staple battery horse correct"


@pytest.fixture
def administrator(client) -> User:
    user = make_user(ADMINISTRATOR)
    client.force_login(user)
    return user


def change(client, user: User, **fields):
    given = {"username": user.username, "is_active": "on", "notices": user.notices}
    data = {**given, "first_name": "", "last_name": "", "email": "", **fields}
    return client.post(reverse("admin:staff_user_change", args=[user.pk]), data)


@pytest.mark.parametrize("group", [group for group in GROUPS if group != ADMINISTRATOR])
def test_only_administrators_come_in(client, group: str):
    client.force_login(make_user(group))
    for name in ("admin:index", USERS):
        assert client.get(reverse(name), follow=True).status_code == 403


def test_the_superusers_mark_does_not_let_in_who_is_switched_off(client):
    user = make_user(is_superuser=True)
    client.force_login(user)
    assert client.get(reverse("admin:index")).status_code == 200
    User.objects.update(is_active=False)
    assert client.get(reverse("admin:index")).status_code == 302


def test_the_administrations_log_in_is_that_of_the_product_and_leads_to_its_first_page(client):
    log_in = reverse("admin:login")
    assert client.get(log_in).url == f"{reverse('login')}?next={reverse('admin:index')}"
    assert client.get(log_in, {"next": "/admin/auth/"}).url == f"{reverse('login')}?next=/admin/auth/"
    client.force_login(make_user(ADMINISTRATOR))
    assert client.get(log_in).url == reverse("admin:index")


def test_who_may_not_use_the_administration_is_told_so_at_its_log_in(client):
    client.force_login(make_user(MANAGER))
    assert client.get(reverse("admin:login")).status_code == 403


def test_an_administrator_makes_a_colleague_with_a_group(client, administrator):
    support = Group.objects.get(name=SUPPORT)
    data = {"username": "ann", "password1": PASSWORD, "password2": PASSWORD, "groups": [support.pk]}
    response = client.post(reverse("admin:staff_user_add"), data)
    user = User.objects.get(username="ann")
    assert response.status_code == 302
    assert user.check_password(PASSWORD)
    assert user.groups.get() == support


def test_a_password_must_be_a_good_one(client, administrator):
    client.post(reverse("admin:staff_user_add"), {"username": "ann", "password1": "short", "password2": "short"})
    assert not User.objects.filter(username="ann").exists()


def test_an_administrator_moves_a_colleague_to_another_group(client, administrator):
    user = make_user(SUPPORT)
    manager = Group.objects.get(name=MANAGER)
    assert change(client, user, groups=[manager.pk]).status_code == 302
    assert user.groups.get() == manager


def test_nobody_becomes_superuser_through_the_form(client, administrator):
    page = client.get(reverse("admin:staff_user_change", args=[administrator.pk])).content.decode()
    assert "is_superuser" not in page
    assert "is_staff" not in page
    change(client, administrator, is_superuser="on", is_staff="on", user_permissions=["1"])
    administrator.refresh_from_db()
    assert not administrator.is_superuser
    assert not administrator.is_staff
    assert not administrator.user_permissions.exists()


def test_an_administrator_cannot_change_a_superuser(client, administrator):
    superuser = make_user(is_superuser=True)
    assert change(client, superuser, username="mine").status_code == 403
    response = client.post(
        reverse("admin:auth_user_password_change", args=[superuser.pk]),
        {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    assert response.status_code == 403
    assert client.post(reverse("admin:staff_user_delete", args=[superuser.pk]), {"post": "yes"}).status_code == 403
    superuser.refresh_from_db()
    assert superuser.check_password(PASSWORD)


def test_a_superuser_can(client):
    client.force_login(make_user(is_superuser=True))
    other = make_user(is_superuser=True)
    assert change(client, other, username="renamed").status_code == 302
    other.refresh_from_db()
    assert other.username == "renamed"
    assert other.is_superuser


def test_an_administrator_sets_a_colleagues_password_and_ends_their_sessions(client, administrator):
    user = make_user(SUPPORT)
    theirs = client.__class__()
    theirs.force_login(user)
    client.post(
        reverse("admin:auth_user_password_change", args=[user.pk]),
        {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert theirs.get(reverse("account")).status_code == 302


def test_deleting_a_superuser_in_bulk_is_refused(client, administrator):
    superuser = make_user(is_superuser=True)
    client.post(reverse(USERS), {"action": "delete_selected", "_selected_action": [superuser.pk], "post": "yes"})
    assert User.objects.filter(pk=superuser.pk).exists()
