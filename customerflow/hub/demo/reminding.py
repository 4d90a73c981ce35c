"""The demo's reminders: the usual rules, switched on three weeks ago, and what they did since."""

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import F

from billing.models import Email
from customerflow.changes.recording import Origin, acting_for
from customerflow.staff.models import User
from customerflow.staff.roles import BILLING
from dunning.reminders.acting import act_on
from dunning.reminders.rules import switch_on
from dunning.reminders.usual import add_usual_rules

SINCE = timedelta(days=21)
EVERY = timedelta(days=7)


def remind(on: date, staff: dict[str, User]) -> None:
    """Let the usual rules act each week up to the day `on`; what is of today waits to be sent and to be printed."""
    day = on - SINCE
    with acting_for(Origin(by=staff[BILLING])):
        for rule in add_usual_rules():
            switch_on(rule=rule, active_from=day, on=day)
    while day <= on:
        for _now in act_on(on=day, at=datetime.combine(day, time(6), UTC)):
            pass
        if day < on:
            Email.objects.filter(state=Email.State.WAITING).update(state=Email.State.SENT, sent_at=F("try_at"))
        day += EVERY
