"""How staff are known, and what they may do."""

from django.contrib.auth.backends import ModelBackend
from django.db import models


class GroupsBackend(ModelBackend):
    """What staff may do follows from their groups alone: no page asks for rights that somebody has beside them."""

    def get_user_permissions(self, user_obj: models.Model, obj: object = None) -> set[str]:
        """Return the rights that somebody has beside those of the groups: none."""
        return set()
