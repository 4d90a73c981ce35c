"""How ticket types are loaded: ticket_types.json."""

from customerflow.loads.cleaning import text
from customerflow.loads.declaration import Column, Declaration
from tickets.models import TicketType


class TicketTypeLoad(Declaration):
    """Ticket types, found by their code. Types that a file does not name stay as they are."""

    model = TicketType
    kind = "ticket types"
    key = "code"
    columns = (Column("ID", "code", text(32, required=True)), Column("Name", "name", text(100, required=True)))
