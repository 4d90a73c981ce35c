"""The log-in with which an installation begins."""

import stat
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from customerflow.staff.models import User
from customerflow.staff.roles import ADMINISTRATOR, MANAGER
from customerflow.staff.tests.factories import make_user

pytestmark = pytest.mark.django_db


def run(**options) -> str:
    output = StringIO()
    call_command("first_administrator", stdout=output, **options)
    return output.getvalue()


def password_in(output: str) -> str:
    return output.split()[-1]


def test_the_first_administrator_can_log_in_with_what_is_shown(client):
    output = run()
    response = client.post("/login/", {"username": "admin", "password": password_in(output)})
    assert response.status_code == 302
    assert list(User.objects.administrators()) == [User.objects.get(username="admin")]
    assert User.objects.get().groups.get().name == ADMINISTRATOR
    assert not User.objects.get().is_superuser


def test_two_installations_have_different_passwords():
    first = password_in(run())
    User.objects.all().delete()
    second = password_in(run())
    assert second != first
    assert len(first) == len(second) == 20


def test_a_second_time_makes_nobody():
    run()
    assert run() == "There is an administrator already.\n"
    assert User.objects.count() == 1


def test_another_administrator_is_enough():
    make_user(ADMINISTRATOR)
    assert run() == "There is an administrator already.\n"


def test_an_administrator_who_left_does_not_count():
    make_user(ADMINISTRATOR, is_active=False)
    assert "Log in with the name admin" in run()


def test_the_kept_log_in_is_shown_again_and_only_its_owner_may_read_it(tmp_path):
    keep = tmp_path / "login"
    keep.touch(mode=0o644)
    assert run(keep=keep) == run(keep=keep)
    assert stat.S_IMODE(keep.stat().st_mode) == 0o600


def test_a_password_changed_since_is_not_shown(tmp_path):
    keep = tmp_path / "login"
    password = password_in(run(keep=keep))
    user = User.objects.get()
    user.set_password("staple battery horse correct")
    user.save()
    output = run(keep=keep)
    assert password not in output
    assert "is not valid here any more" in output


def test_without_the_kept_file_it_says_so(tmp_path):
    run()
    assert "is not valid here any more" in run(keep=tmp_path / "login")


def test_a_name_that_somebody_else_has_is_refused(tmp_path):
    make_user(MANAGER, username="admin")
    with pytest.raises(CommandError, match="choose another by --name"):
        run(keep=tmp_path / "login")
    assert not (tmp_path / "login").exists()
    assert "Log in with the name root" in run(name="root")


def test_a_log_in_that_cannot_be_kept_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        run(keep=tmp_path / "nowhere" / "login")
    assert not User.objects.exists()


@pytest.mark.parametrize(("exists", "status"), [(True, 0), (False, 1)])
def test_the_exit_status_tells_if_there_is_one(exists: bool, status: int):
    if exists:
        make_user(ADMINISTRATOR)
    with pytest.raises(SystemExit) as ended:
        run(check=True)
    assert ended.value.code == status
    assert User.objects.exists() == exists
