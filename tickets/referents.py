"""How ticket types and the people of the help desk are named in files that are loaded."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from customerflow.loads.declaration import Referent, Way

TICKET_TYPE = Referent(
    kind="ticket types",
    ways=(Way("old.code = said.key"), Way("old.name = said.key")),
    called=_("ID or name"),
    label="old.name || ' (' || old.code || ')'",
)
STAFF = Referent(
    kind="",
    model=get_user_model(),
    ways=(
        Way("old.username = said.key"),
        Way("LOWER(old.email) = said.key", lambda text: text.lower() if "@" in text else None),
    ),
    called=_("user name or e-mail"),
    label="old.username",
)
GROUP = Referent(kind="", model=Group, ways=(Way("old.name = said.key"),), called=_("name"), label="old.name")
