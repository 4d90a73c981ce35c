"""Staff for tests."""

from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

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
