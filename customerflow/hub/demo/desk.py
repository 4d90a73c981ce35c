"""The demo's staff, and the tickets that they work on."""

from datetime import date, datetime, time, timedelta
from random import Random

from django.contrib.auth.models import Group
from django.utils import timezone

from customerflow.hub.demo.people import Account
from customerflow.hub.demo.stories import STORIES, Story
from customerflow.saved_views.models import SavedView
from customerflow.staff.models import User
from customerflow.staff.roles import BILLING, SUPPORT, TECHNICIAN
from tickets.desk import assign, change_status, open_ticket, reply
from tickets.merging import merge_tickets
from tickets.models import AssignmentRule, CannedReply, ClosingRule, Message, Ticket, TicketLink, TicketType
from tickets.planning import follow, link_tickets, plan

# Username, given name, family name, group. Their passwords are unusable: nobody logs in as them.
STAFF = (
    ("demo-support", "Hazel", "Quillon", SUPPORT),
    ("demo-billing", "Tomás", "Brandow", BILLING),
    ("demo-technician", "Eirik", "Holmgaard", TECHNICIAN),
)
MARK = STAFF[0][0]
# Who answers which type, by place in the list of types.
DESKS = (TECHNICIAN, BILLING, SUPPORT)
DAYS_BACK = 120
DAYS_UNTIL_CLOSED = 21
# Tickets of yesterday that nobody has taken yet.
FRESH = 4
WRITTEN_BY_CUSTOMERS = frozenset({Ticket.Source.EMAIL, Ticket.Source.WEB})

PUBLIC, INTERNAL = Message.Kind.PUBLIC, Message.Kind.INTERNAL
Status = Ticket.Status


def hire() -> dict[str, User] | None:
    """Return the demo's staff by group, or None where the demo has been made already."""
    staff = {}
    for username, given, family, group in STAFF:
        user, is_new = User.objects.get_or_create(
            username=username, defaults={"first_name": given, "last_name": family}
        )
        if username == MARK and not is_new:
            return None
        user.set_unusable_password()
        user.save()
        user.groups.add(Group.objects.get(name=group))
        staff[group] = user
    return staff


# Name and text of answers that are given often.
CANNED = (
    (
        "On our way",
        "Dear {customer},\n\na technician comes to {location}. We will tell you the day.\n\n{agent}, {operator}",
    ),
    (
        "Restart",
        "Dear {customer},\n\nplease unplug the box of {service} for a minute ({number}).\n\n{agent}, {operator}",
    ),
    ("Thank you", "Dear {customer},\n\nthank you for telling us. {number} is done.\n\n{agent}, {operator}"),
)
# Tags of unfinished tickets, and for how many days each is snoozed.
PLANS = ((["vip"], 5), (["fibre cut"], 0), (["fibre cut", "vip"], 0))


class Desk:
    """Works on tickets as staff would, up to the end of the day `on`."""

    def __init__(self, chance: Random, on: date, staff: dict[str, User], types: list[TicketType]) -> None:
        self.chance, self.on, self.staff, self.types = chance, on, staff, types

    def work(self, accounts: list[Account], wanted: int) -> None:
        """Open `wanted` tickets of `accounts`, the oldest first, and work on them."""
        accounts = [account for account in accounts if account.services]
        fresh = min(wanted, FRESH)
        days = [self.chance.randrange(2, DAYS_BACK) for _ in range(wanted - fresh)] + [1] * fresh
        for days_back in sorted(days, reverse=True):
            account = self.chance.choice(accounts)
            opened_at = self._moment(self.on - timedelta(days=days_back), self.chance.randint(8, 12))
            self._follow(account, self.chance.choice(STORIES), opened_at, days_back)

    def plan(self) -> None:
        """Write what is answered often, propose a closing rule, and plan, tag and link some of what is unfinished."""
        for name, text in CANNED:
            CannedReply.objects.create(name=name, text=text)
        ClosingRule.objects.create(name="No answer for two weeks", days=14)
        self._share_out()
        by, at = self.staff[SUPPORT], self._moment(self.on, 8)
        unfinished = list(Ticket.objects.unfinished().filter(assignee__isnull=False).order_by("pk")[:3])
        for ticket, (tags, days) in zip(unfinished, PLANS, strict=False):
            until = self.on + timedelta(days=days) if days else None
            plan(ticket=ticket, snoozed_until=until, due_on=self.on + timedelta(days=7), tags=tags, at=at, by=by)
            follow(ticket=ticket, by=by, is_following=True)
        if len(unfinished) > 1:
            link_tickets(ticket=unfinished[1], other=unfinished[0], kind=TicketLink.Kind.RELATED)
            self._merge(unfinished[0], at)

    def _share_out(self) -> None:
        """Propose to whom new tickets go, faults to the technicians and bills to Billing in turn, and share a view."""
        whom = AssignmentRule.Whom.IN_TURN
        for position, name in enumerate(("Faults", "Bills")):
            rule = AssignmentRule.objects.create(
                name=name, group=Group.objects.get(name=DESKS[position]), whom=whom, position=position + 1
            )
            rule.types.add(self.types[position % len(self.types)])
        SavedView.objects.create(
            owner=self.staff[SUPPORT],
            name="Urgent and unfinished",
            list="tickets:ticket_list",
            query="queue=unfinished&priority=1_urgent",
            is_shared=True,
        )

    def _merge(self, ticket: Ticket, at: datetime) -> None:
        """Let a customer ask the same twice, and make one ticket of the two."""
        again = open_ticket(
            customer=ticket.customer,
            type=ticket.type,
            subject="Any news?",
            body="Is somebody looking into it?",
            at=at,
            by=None,
            source=Ticket.Source.EMAIL,
        )
        merge_tickets(survivor=ticket, duplicate=again, at=at, by=self.staff[SUPPORT])

    def _moment(self, day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour, self.chance.randrange(60)), timezone.get_current_timezone())

    def _follow(self, account: Account, story: Story, at: datetime, days_back: int) -> None:
        """Take a request from its first call as far as tickets of its age are: the older, the more surely closed."""
        by = self.staff[DESKS[story.type_index]]
        service = account.services[0]
        source = self.chance.choice((Ticket.Source.PHONE, Ticket.Source.WEB, Ticket.Source.EMAIL))
        ticket = open_ticket(
            customer=account.customer,
            type=self.types[story.type_index % len(self.types)],
            subject=story.subject,
            body=story.request,
            at=at,
            by=None if source in WRITTEN_BY_CUSTOMERS else self.staff[SUPPORT],
            source=source,
            priority=story.priority,
            location=service.location,
            service=service,
            group=by.groups.get(),
        )
        if days_back < 2:
            return
        assign(tickets=[ticket], assignee=by, at=at + timedelta(minutes=20), by=by)
        reply(ticket=ticket, kind=INTERNAL, body=story.note, by=by, at=at + timedelta(hours=1), minutes=15)
        answered_at = at + timedelta(hours=3)
        minutes = 5 + 10 * story.type_index
        reply(ticket=ticket, kind=PUBLIC, body=story.answer, by=by, at=answered_at, minutes=minutes)
        state = self._state_after(days_back)
        if state in (Status.WAITING, Status.ON_HOLD, Status.RESOLVED):
            change_status(ticket=ticket, status=state, at=answered_at, by=by)
        elif state == Status.CLOSED:
            reply(ticket=ticket, kind=PUBLIC, body="Thank you!", by=None, at=at + timedelta(days=1))
            change_status(ticket=ticket, status=state, at=at + timedelta(days=1, hours=2), by=by)

    def _state_after(self, days_back: int) -> Status:
        if days_back > DAYS_UNTIL_CLOSED:
            return Status.CLOSED
        return self.chance.choice((Status.OPEN, Status.WAITING, Status.ON_HOLD, Status.RESOLVED))
