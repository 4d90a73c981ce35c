"""Staff for tests."""

from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission

from customerflow.staff.models import User

PASSWORD = "correct horse battery staple"
_serial = count(1)


@cache
def hashed(password: str) -> str:
    """Return the hash of a password; making one takes longer than most tests."""
    return make_password(password)


def make_user(*groups: str, **fields) -> User:
    password = hashed(fields.pop("password", PASSWORD))
    user = User.objects.create(**{"username": f"user{next(_serial)}", **fields}, password=password)
    user.groups.set([Group.objects.get(name=name) for name in groups])
    return user


def make_user_with(*rights: str, **fields) -> User:
    """Return a user who has the rights with these codenames and no others, by a group of their own."""
    user = make_user(**fields)
    group = Group.objects.create(name=f"Group of {user.username}")
    group.permissions.set(Permission.objects.filter(codename__in=rights))
    user.groups.add(group)
    return user
