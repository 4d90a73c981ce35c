"""What the demo's staff did about those who are late: calls, promises kept and broken, and what comes next."""

from datetime import date, timedelta

from customerflow.staff.models import User
from customerflow.staff.roles import BILLING, SUPPORT
from dunning.collecting import assign, plan_action, record_contact
from dunning.models import Way
from dunning.promises import promise_to_pay
from dunning.worklist import Worklist
from reports.leaks.finding import find_leaks

LONGEST = 12


def collect(on: date, staff: dict[str, User]) -> None:
    """Let the staff look after the first of the worklist, each in another state, and look for leaks."""
    late = [row.customer for row in Worklist(on)[:LONGEST] if row.days_late > 0]
    assign(customers=late[:5], owner=staff[BILLING], on=on, by=staff[BILLING])
    assign(customers=late[5:8], owner=staff[SUPPORT], on=on, by=staff[BILLING])
    for place, customer in enumerate(late):
        day = on - timedelta(days=2 + place)
        about = {"customer": customer, "on": day, "by": staff[BILLING]}
        if place % 3 == 0 and customer.invoices.overdue(day).exists():
            # Of the first the day is over, of the others it is still to come.
            due_on = day + timedelta(days=1) if place == 0 else on + timedelta(days=place)
            promise_to_pay(**about, due_on=due_on, note="Salary comes at the end of the month")
            record_contact(**about, way=Way.CALL, is_reached=True, note="Will pay after the salary has come")
        elif place % 3 == 1:
            record_contact(**about, way=Way.CALL, is_reached=False, note="No answer", next_on=on)
        else:
            plan_action(**about, way=Way.LETTER, due_on=on + timedelta(days=place), note="Send a copy of the invoices")
    for _leak, _count in find_leaks(on=on):
        pass
