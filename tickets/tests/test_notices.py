"""Staff are told by e-mail what others do to their tickets; nothing of what was said ever leaves that way."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.models import AbstractUser
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import undo
from customerflow.loads.tests import loading
from customerflow.mail.delivering import DELAYS
from customerflow.staff.tests.factories import make_user
from customerflow.tests.mail_server import Post, serving
from customerflow.tests.threads import at_once
from customers.tests.factories import make_customer
from tickets.assigning import assign_by_rules, give_to_group
from tickets.attachments import SentFile
from tickets.desk import assign, change_status, reply
from tickets.merging import split
from tickets.models import Message, Priority, StaffNotice, Ticket
from tickets.notices import KEPT_FOR, MOST_LISTED, deliver, deliver_due, prune_notices
from tickets.planning import follow, plan
from tickets.tests.factories import (
    OPENED_AT,
    PNG,
    make_assignment_rule,
    make_colleague,
    make_group,
    make_staff_notice,
    make_ticket,
    make_ticket_type,
)

pytestmark = pytest.mark.django_db
State = StaffNotice.State
PUBLIC, INTERNAL = Message.Kind.PUBLIC, Message.Kind.INTERNAL
DUE_AT = OPENED_AT + StaffNotice.WAIT
Act = Callable[[Ticket], object]


@pytest.fixture
def doer() -> AbstractUser:
    return make_colleague(username="doer", first_name="Dora", last_name="Berg")


@pytest.fixture
def desk(doer: AbstractUser) -> Ticket:
    """A ticket with people of every kind, of whom nobody has been told of anything."""
    ticket = make_ticket(subject="No light")
    assign(tickets=[ticket], assignee=make_colleague(username="assignee"), at=OPENED_AT, by=doer)
    followers = [
        make_colleague(username="follower"),
        make_colleague(username="mine_only", notices="mine"),
        make_colleague(username="chose_none", notices="none"),
        make_colleague(username="gone", is_active=False),
        make_colleague(username="no_address", email=""),
        doer,
    ]
    make_colleague(username="stranger")
    ticket.watchers.set(followers)
    StaffNotice.objects.all().delete()
    ticket.refresh_from_db()
    return ticket


def person(name: str) -> AbstractUser:
    return Ticket.assignee.field.related_model.objects.get(username=name)


def say(ticket: Ticket, *, by: AbstractUser | None, kind: str = PUBLIC, body: str = "Secret.", **fields) -> Message:
    return reply(ticket=ticket, kind=kind, body=body, by=by, at=OPENED_AT, **fields)


def move(ticket: Ticket, *states: str, by: AbstractUser | None = None) -> Ticket:
    for state in states:
        ticket = change_status(ticket=ticket, status=Ticket.Status(state), at=OPENED_AT, by=by)
    return ticket


def reopened(ticket: Ticket) -> None:
    move(ticket, "resolved", by=person("doer"))
    StaffNotice.objects.all().delete()
    move(ticket, "open", by=person("doer"))


def given(name: str | None) -> Act:
    return lambda ticket: assign(tickets=[ticket], assignee=name and person(name), at=OPENED_AT, by=person("doer"))


def text_to(mailoutbox: list, name: str) -> str:
    (mail,) = [mail for mail in mailoutbox if mail.to == [person(name).email]]
    return mail.body


# --- Who is told -----------------------------------------------------------------------------------------------------

BOTH = {"assignee", "follower"}
WHO_IS_TOLD = {
    "the customer writes": (lambda ticket: say(ticket, by=None), BOTH | {"doer"}),
    "a colleague answers": (lambda ticket: say(ticket, by=person("doer")), BOTH),
    "a colleague notes": (lambda ticket: say(ticket, by=person("doer"), kind=INTERNAL), BOTH),
    "the assignee answers": (lambda ticket: say(ticket, by=person("assignee")), {"follower", "doer"}),
    "a follower notes": (lambda ticket: say(ticket, by=person("follower"), kind=INTERNAL), {"assignee", "doer"}),
    "it is opened again": (reopened, BOTH),
    "a rule closes it": (lambda ticket: move(ticket, "closed"), {"follower", "doer"}),
    "its status is changed": (lambda ticket: move(ticket, "on_hold", by=person("doer")), {"follower"}),
    "it is given to a colleague": (given("stranger"), {"stranger", "follower"}),
    "it is given to who wants none": (given("chose_none"), {"follower"}),
    "it is given to a follower who wants only theirs": (given("mine_only"), {"mine_only", "follower"}),
    "it is taken": (given("doer"), {"follower"}),
    "it is given to nobody": (given(None), {"follower"}),
    "it is given to a group": (
        lambda ticket: give_to_group(
            tickets=[ticket], group=make_group(person("assignee")), at=OPENED_AT, by=person("doer")
        ),
        set(),
    ),
    "it is planned": (
        lambda ticket: plan(
            ticket=ticket,
            snoozed_until=date(2026, 4, 1),
            due_on=date(2026, 4, 2),
            tags=["vip"],
            at=OPENED_AT,
            by=person("doer"),
        ),
        set(),
    ),
    "somebody follows it": (lambda ticket: follow(ticket=ticket, by=person("stranger"), is_following=True), set()),
}


@pytest.mark.parametrize("act", WHO_IS_TOLD)
def test_who_is_told_is_who_has_it_or_follows_it_as_they_have_chosen_and_never_who_did_it(desk: Ticket, act: str):
    do, told = WHO_IS_TOLD[act]
    do(desk)
    assert set(StaffNotice.objects.values_list("person__username", flat=True)) == told


@pytest.mark.parametrize("act", WHO_IS_TOLD)
def test_where_e_mail_is_not_set_up_nobody_is_told(desk: Ticket, act: str, settings):
    settings.EMAIL_IS_ON = False
    WHO_IS_TOLD[act][0](desk)
    assert not StaffNotice.objects.exists()


@pytest.mark.parametrize("is_at_once", [True, False])
def test_who_is_given_a_ticket_by_a_rule_is_told(is_at_once: bool, mailoutbox):
    kind, ann = make_ticket_type(), make_colleague(username="ann")
    ticket = None if is_at_once else make_ticket(type=kind)
    make_assignment_rule(types=[kind], group=make_group(ann), whom="person", person=ann)
    if ticket:
        assign_by_rules(ticket=ticket, at=OPENED_AT, by=None)
    else:
        make_ticket(type=kind)
    assert deliver_due(DUE_AT) == 1
    assert "A rule gave it to you." in text_to(mailoutbox, "ann")


def test_who_opens_a_ticket_for_themselves_is_not_told_and_for_a_colleague_the_colleague_is():
    me, ann = make_colleague(), make_colleague()
    make_ticket(by=me, assignee=me)
    make_ticket(by=me, assignee=ann)
    assert StaffNotice.objects.get().person == ann


def test_a_load_tells_nobody(tmp_path, desk: Ticket):
    row = f"{desk.number},closed,2026-03-02T10:00:00Z,stranger"
    report = loading.load(tmp_path, tickets=f"Number,Status,Finished At,Assignee\n{row}\n")
    assert report.files[0].changed == 1
    assert {"status", "assignee"} <= set(desk.events.values_list("kind", flat=True))
    assert not StaffNotice.objects.exists()


# --- What is told ----------------------------------------------------------------------------------------------------


def test_what_happened_within_the_wait_is_told_once_in_words(desk: Ticket, doer: AbstractUser, mailoutbox, settings):
    settings.SITE_URL = "https://crm.example.com"
    say(desk, by=None)
    say(desk, by=None)
    say(desk, by=doer, kind=INTERNAL)
    say(desk, by=person("assignee"))
    move(desk, "resolved", by=doer)
    move(desk, "open", by=doer)
    assert deliver_due(DUE_AT - timedelta(seconds=1)) == 0
    assert deliver_due(DUE_AT) == 3
    title = f"Ticket {desk.number}: No light\nhttps://crm.example.com/tickets/{desk.pk}/\n\n"
    theirs = ["The customer wrote.", "Dora Berg noted something.", "Dora Berg opened it again."]
    assert text_to(mailoutbox, "assignee").startswith(title + "\n".join(theirs) + "\n\nNobody reads")
    followed = [
        "The customer wrote.",
        "It is “Open” now.",
        "Dora Berg noted something.",
        "assignee answered.",
        "Dora Berg set it to “Resolved”.",
        "Dora Berg opened it again.",
    ]
    assert text_to(mailoutbox, "follower").startswith(title + "\n".join(followed) + "\n\nNobody reads")
    assert "assignee answered." in text_to(mailoutbox, "doer")
    assert "noted" not in text_to(mailoutbox, "doer")


def test_who_has_it_now_is_named_to_followers(desk: Ticket, doer: AbstractUser, mailoutbox):
    for name in ("stranger", "doer", None):
        given(name)(desk)
    assign(tickets=[desk], assignee=person("assignee"), at=OPENED_AT, by=None)
    assign(tickets=[desk], assignee=None, at=OPENED_AT, by=None)
    deliver_due(DUE_AT)
    said = [
        "Dora Berg gave it to stranger.",
        "Dora Berg took it.",
        "Dora Berg gave it to nobody.",
        "A rule gave it to assignee.",
        "Nobody has it any more.",
    ]
    assert "\n\n" + "\n".join(said) + "\n\n" in text_to(mailoutbox, "follower")


def test_without_the_address_of_the_product_the_notice_names_the_ticket_alone(mailoutbox, settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.net"
    notice = make_staff_notice(subject="No\tlight [#7]")
    deliver_due(DUE_AT)
    (mail,) = mailoutbox
    assert (mail.from_email, mail.to) == ("crm@example.net", [notice.person.email])
    assert mail.subject == f"Ticket {notice.ticket.number}: No light (#7)"
    assert "http" not in mail.body


def test_a_notice_says_to_programs_that_it_is_not_to_be_answered(mailoutbox):
    notice = make_staff_notice()
    deliver_due(DUE_AT)
    headers = mailoutbox[0].message()
    assert headers["Message-ID"] == notice.mail_id
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"


def test_nothing_that_was_said_leaves_in_a_notice(mailoutbox):
    """An internal note never leaves, and a notice is about notes too."""
    customer = make_customer(name="Zoe Žižek", email="zoe@example.com", phone="+43 660 7712345")
    ann, doer = make_colleague(), make_colleague()
    ticket = make_ticket(customer=customer, subject="No light", body="SAID-1", assignee=ann, by=doer)
    note = say(ticket, by=doer, kind=INTERNAL, body="SAID-2", files=[SentFile("said-3.png", PNG)], minutes=1_373)
    say(ticket, by=doer, body="SAID-4", to="zoe@example.com")
    say(ticket, by=None, body="SAID-5")
    other = split(message=note, type=make_ticket_type(), subject="Mast", at=OPENED_AT, by=doer)
    assign(tickets=[other], assignee=ann, at=OPENED_AT, by=doer)
    assert deliver_due(DUE_AT) == 1
    (mail,) = mailoutbox
    sent = mail.message().as_bytes().decode().casefold() + mail.body.casefold() + str(mail.attachments)
    assert "gave it to you" in mail.body
    assert "1373" not in f"{mail.subject} {mail.body}"
    for word in ("said", "zoe", "žižek", "7712345"):
        assert word not in sent.replace(ann.email, "").replace(mail.extra_headers["Message-ID"], "")
    columns = {field.name for field in StaffNotice._meta.local_concrete_fields}
    assert columns.isdisjoint({"subject", "body", "text", "message"})


# --- One e-mail ------------------------------------------------------------------------------------------------------


def test_one_notice_waits_for_a_person_and_ticket(desk: Ticket, doer: AbstractUser):
    for _each in range(3):
        say(desk, by=doer)
    assert StaffNotice.objects.count() == 2
    assert DBTaskResult.objects.count() == StaffNotice.objects.count() + 1
    notice = StaffNotice.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffNotice.objects.create(
            person=notice.person, ticket=desk, first_event=1, mail_id="<other>", try_at=notice.try_at
        )


def test_many_tickets_are_told_in_one_e_mail_that_lists_the_first(doer: AbstractUser, mailoutbox):
    ann, ben = make_colleague(username="ann"), make_colleague(username="ben")
    tickets = [make_ticket() for _each in range(MOST_LISTED + 5)]
    assign(tickets=tickets, assignee=ann, at=OPENED_AT, by=doer)
    assign(tickets=tickets[:2], assignee=ben, at=OPENED_AT, by=doer)
    assign(tickets=tickets[:2], assignee=ann, at=OPENED_AT, by=doer)
    assert deliver_due(DUE_AT) == 1
    (mail,) = mailoutbox
    assert mail.subject == f"News on {MOST_LISTED + 5} tickets"
    assert mail.body.count("Berg gave it to you.") == MOST_LISTED
    assert "And something on 5 more tickets." in mail.body
    of_ann = StaffNotice.objects.filter(person=ann)
    assert set(of_ann.values_list("state", "mail_id", "to")) == {("sent", mail.extra_headers["Message-ID"], ann.email)}
    assert deliver_due(DUE_AT) == 0


def test_a_notice_that_is_due_takes_along_what_waits_and_what_comes_later_is_another(doer: AbstractUser, mailoutbox):
    ann = make_colleague()
    first, second = make_ticket(assignee=ann, by=doer), make_ticket()
    assign(tickets=[second], assignee=ann, at=OPENED_AT + StaffNotice.WAIT / 2, by=doer)
    assert deliver_due(DUE_AT) == 1
    assert f"Ticket {first.number}:" in mailoutbox[0].body
    assert f"Ticket {second.number}:" in mailoutbox[0].body
    say(first, by=None)
    assert deliver_due(DUE_AT) == 1
    assert "gave" not in mailoutbox[1].body
    assert "The customer wrote." in mailoutbox[1].body


def test_a_bulk_change_asks_as_much_for_each_ticket(doer: AbstractUser):
    ann, tickets = make_colleague(), [make_ticket() for _each in range(30)]

    def cost(number: int) -> int:
        nonlocal tickets
        chosen, tickets = tickets[:number], tickets[number:]
        with CaptureQueriesContext(connection) as queries:
            assign(tickets=chosen, assignee=ann, at=OPENED_AT, by=doer)
        return len(queries)

    costs = [cost(number) for number in (2, 4, 8, 16)]
    steps = [(after - before) / number for (before, after), number in zip(pairwise(costs), (2, 4, 8), strict=True)]
    assert len(set(steps)) == 1


@pytest.mark.parametrize("do", [lambda ticket: say(ticket, by=None), lambda ticket: move(ticket, "resolved")])
def test_an_act_of_which_nobody_is_told_asks_one_question_more(do: Act, settings):
    def cost(is_on: bool) -> int:
        settings.EMAIL_IS_ON = is_on
        ticket = make_ticket()
        with CaptureQueriesContext(connection) as queries:
            do(ticket)
        return len(queries)

    cost(is_on=True)
    assert cost(is_on=True) - cost(is_on=False) == 1


# --- When it is sent -------------------------------------------------------------------------------------------------


def no_longer(**fields) -> Callable[[StaffNotice], object]:
    return lambda notice: type(notice.person).objects.filter(pk=notice.person_id).update(**fields)


NOTHING_LEFT = {
    "undone": lambda notice: undo(ChangeSet.objects.latest("pk")),
    "account closed": no_longer(is_active=False),
    "no address": no_longer(email=""),
    "chose none": no_longer(notices="none"),
    "may not see tickets": lambda notice: notice.person.groups.clear(),
    "somebody else has it": lambda notice: assign(
        tickets=[notice.ticket], assignee=make_user(), at=OPENED_AT, by=make_user()
    ),
}


@pytest.mark.parametrize("reason", NOTHING_LEFT)
def test_of_what_there_is_nothing_left_to_tell_it_is_not_sent_and_that_is_on_record(reason: str, mailoutbox):
    notice = make_staff_notice()
    NOTHING_LEFT[reason](notice)
    assert (deliver_due(DUE_AT), mailoutbox) == (0, [])
    notice.refresh_from_db()
    assert (notice.state, notice.problem, notice.sent_at) == (State.FAILED, "Nothing was left to tell.", None)


def test_who_follows_no_more_is_told_no_more(desk: Ticket, doer: AbstractUser, mailoutbox):
    say(desk, by=doer)
    follow(ticket=desk, by=person("follower"), is_following=False)
    assert deliver_due(DUE_AT) == 1
    assert mailoutbox[0].to == [person("assignee").email]


def test_a_ticket_whose_opening_is_undone_takes_no_notice_along(mailoutbox):
    ann = make_colleague()
    make_ticket(assignee=ann, by=make_user())
    undo(ChangeSet.objects.latest("pk"))
    assert not Ticket.objects.exists()
    deliver_due(DUE_AT)
    notice = StaffNotice.objects.get()
    assert (notice.ticket, notice.state, mailoutbox) == (None, State.FAILED, [])


def test_what_is_left_of_many_is_told_without_what_is_not(doer: AbstractUser, mailoutbox):
    ann = make_colleague()
    kept, lost = make_ticket(), make_ticket()
    for ticket in (kept, lost):
        assign(tickets=[ticket], assignee=ann, at=OPENED_AT, by=doer)
    undo(ChangeSet.objects.latest("pk"))
    deliver_due(DUE_AT)
    assert f"Ticket {lost.number}" not in mailoutbox[0].body
    assert dict(StaffNotice.objects.values_list("ticket", "state")) == {kept.pk: "sent", lost.pk: "failed"}


def test_what_was_told_is_forgotten_after_a_while_and_what_waits_is_not():
    told, waiting = make_staff_notice(), make_staff_notice()
    deliver(told.pk, DUE_AT)
    StaffNotice.objects.update(made_at=OPENED_AT)
    assert prune_notices(OPENED_AT + KEPT_FOR) == 0
    assert prune_notices(OPENED_AT + KEPT_FOR + timedelta(seconds=1)) == 1
    assert StaffNotice.objects.get() == waiting


def test_the_command_that_sends_what_waits_sends_notices(mailoutbox, capsys):
    make_staff_notice()
    call_command("send_mail")
    assert "E-mails sent: 1; waiting for their next try: 0." in capsys.readouterr().out
    assert len(mailoutbox) == 1


class TestThroughAServer:
    """What a mail server says to it."""

    @pytest.fixture
    def post(self) -> Post:
        return Post()

    @pytest.fixture(autouse=True)
    def _server(self, post: Post, settings, monkeypatch) -> Iterator[None]:
        with serving(post, settings, monkeypatch):
            yield

    def test_while_it_is_away_all_wait_and_are_told_in_one_e_mail_with_what_came_since(self, post: Post):
        ann, doer = make_colleague(), make_user(username="bob")
        first, second = (make_staff_notice(person=ann).ticket for _each in range(2))
        post.on_recipient = ["451 later"]
        assert deliver_due(DUE_AT) == 0
        waiting = StaffNotice.objects.filter(state=State.WAITING, attempts=1)
        assert set(waiting.values_list("ticket", flat=True)) == {first.pk, second.pk}
        say(first, by=doer)
        assert StaffNotice.objects.count() == 3
        assert deliver_due(DUE_AT + DELAYS[0]) == 1
        (mail,) = post.taken
        text = mail.get_content()
        assert text.count(f"Ticket {first.number}:") == text.count("bob answered.") == 1
        assert text.count(f"Ticket {second.number}:") == 1
        assert set(StaffNotice.objects.values_list("state", flat=True)) == {"sent"}

    def test_an_address_that_it_refuses_lets_all_have_failed_with_the_reason(self, post: Post):
        ann = make_colleague()
        for _each in range(2):
            make_staff_notice(person=ann)
        post.on_recipient = ["550 unknown"]
        assert deliver_due(DUE_AT) == 0
        assert set(StaffNotice.objects.values_list("state", "problem")) == {("failed", "550 unknown")}

    @pytest.mark.django_db(transaction=True)
    def test_many_workers_tell_it_once(self, post: Post):
        ann = make_colleague()
        notices = [make_staff_notice(person=ann) for _each in range(4)]
        at_once(lambda nth: deliver(notices[nth % 4].pk, DUE_AT), 8)
        texts = "".join(mail.get_content() for mail in post.taken)
        assert [texts.count(f"Ticket {notice.ticket.number}:") for notice in notices] == [1] * 4


def test_priority_alone_is_told_to_nobody(desk: Ticket, client):
    client.force_login(make_user(is_superuser=True))
    client.post(
        f"/admin/tickets/ticket/{desk.pk}/change/",
        {
            "type": desk.type_id,
            "subject": "Slow",
            "priority": Priority.URGENT,
            "version": desk.version,
        },
    )
    desk.refresh_from_db()
    assert (desk.priority, StaffNotice.objects.count()) == (Priority.URGENT, 0)
