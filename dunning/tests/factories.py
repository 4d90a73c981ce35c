"""Records of what follows an invoice for tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

from billing.tests.factories import make_email, make_invoice
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer
from dunning.models import (
    Assignment,
    CallTask,
    ContactAttempt,
    Execution,
    NextAction,
    Notice,
    Promise,
    Rule,
    Template,
)
from dunning.promises import promise_to_pay

# An invoice of the factories is due two weeks before.
TODAY = date(2026, 3, 31)
_serial = count(1)


def make_promise(*, on: date = TODAY, due_on: date = date(2026, 4, 7), **fields) -> Promise:
    if "customer" not in fields:
        fields["customer"] = make_invoice().customer
    return promise_to_pay(on=on, due_on=due_on, **fields)


def make_assignment(**fields) -> Assignment:
    fields["customer"] = fields.get("customer") or make_customer()
    fields["owner"] = fields.get("owner") or make_user()
    return Assignment.objects.create(**{"assigned_on": TODAY, **fields})


def make_contact_attempt(**fields) -> ContactAttempt:
    fields["customer"] = fields.get("customer") or make_customer()
    return ContactAttempt.objects.create(**{"made_on": TODAY, "note": "Will pay on Friday", **fields})


def make_next_action(**fields) -> NextAction:
    fields["customer"] = fields.get("customer") or make_customer()
    return NextAction.objects.create(**{"due_on": TODAY, "note": "Call again", **fields})


def make_template(**fields) -> Template:
    defaults = {
        "name": f"Text {next(_serial)}",
        "language": "en",
        "subject": "Reminder from {operator}",
        "email_text": "Dear {customer},\n\n{invoices}\n\nTogether {total}.",
        "letter_text": "Dear {customer},\n\n{invoices}\n\nPlease pay {total}.",
    }
    return Template.objects.create(**{**defaults, **fields})


def make_rule(**fields) -> Rule:
    defaults = {"name": f"Rule {next(_serial)}", "action": Rule.Action.REMINDER, "days": 7}
    values = {**defaults, **fields}
    if values["action"] == Rule.Action.REMINDER and "template" not in values:
        values["template"] = make_template()
    if values["action"] == Rule.Action.LATE_FEE and "fee_percent" not in values:
        values.setdefault("fee_amount", Decimal("5.00"))
    return Rule.objects.create(**values)


def make_notice(**fields) -> Notice:
    invoice = fields.pop("invoice", None) or make_invoice()
    defaults = {"rule": fields.get("rule") or make_rule(), "customer": invoice.customer, "day": TODAY}
    values = {**defaults, "total": invoice.total, "subject": "Reminder", "opening": "Please pay.", **fields}
    return Notice.objects.create(**{"is_letter": True, "key": f"notice-{next(_serial)}", **values})


def make_call_task(**fields) -> CallTask:
    customer = fields.pop("customer", None) or make_customer()
    rule = fields.pop("rule", None) or make_rule(action=Rule.Action.CALL)
    return CallTask.objects.create(
        **{"rule": rule, "customer": customer, "due_on": TODAY, "key": f"call-{next(_serial)}", **fields}
    )


def make_execution(**fields) -> Execution:
    invoice = fields.pop("invoice", None) or make_invoice()
    rule = fields.pop("rule", None) or make_rule()
    notice = fields.pop("notice", None) or make_notice(rule=rule, invoice=invoice)
    defaults = {"state": Execution.State.DONE, "day": TODAY, "at": datetime(2026, 3, 31, 6, tzinfo=UTC)}
    values = {**defaults, "open_amount": invoice.total, **fields}
    return Execution.objects.create(rule=rule, invoice=invoice, notice=notice, **values)


def make_notice_by_email(**fields) -> Notice:
    return make_notice(email=make_email(), is_letter=False, **{"opening": "", **fields})
