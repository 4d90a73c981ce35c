"""Of which tickets a member of staff is told by e-mail."""

from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from customerflow.staff.models import User


@recorded(_("Notices by e-mail chosen"))
def choose_notices(*, user: User, notices: User.Notices) -> None:
    """Let `user` be told by e-mail of these tickets from now on."""
    user.notices = notices
    user.save(update_fields=["notices"])
