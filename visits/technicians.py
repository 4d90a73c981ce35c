"""Who goes on visits, and who may say what came of one."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from visits.models import Visit

GO = "visits.go_visit"
# The one of the backends that knows groups.
BACKEND = "customerflow.staff.backends.GroupsBackend"


def technicians() -> models.QuerySet:
    """Return who works here and goes on visits, in the order of their user names."""
    return get_user_model().objects.with_perm(GO, backend=BACKEND, include_superusers=False).order_by("username")


def may_go(user: AbstractBaseUser, visit: Visit) -> bool:
    """Say whether a person may tick and finish a visit: their own, or any where they plan, for who calls in."""
    if user.has_perm("visits.change_visit"):
        return True
    return visit.technician_id == user.pk and user.has_perm(GO)
