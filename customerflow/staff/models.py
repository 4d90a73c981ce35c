"""The people who work with CustomerFlow: an operator's staff."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """
    A member of staff.

    What they may do follows from their groups alone. `is_staff` has no meaning here: the bulk-edit administration is
    open to whoever has the permission `staff.use_administration`.
    """

    class Meta(AbstractUser.Meta):
        permissions = [("use_administration", "Can use the administration for bulk edits")]

    def __str__(self) -> str:
        return self.get_full_name() or self.username
