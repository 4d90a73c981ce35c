"""Staff for tests."""

from itertools import count

from django.contrib.auth.models import Group

from customerflow.staff.models import User

PASSWORD = "correct horse battery staple"
_serial = count(1)


def make_user(*groups: str, **fields) -> User:
    user = User.objects.create_user(**{"username": f"user{next(_serial)}", "password": PASSWORD, **fields})
    user.groups.set([Group.objects.get(name=name) for name in groups])
    return user
