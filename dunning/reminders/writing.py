"""Writing down what is done for some customers: reminders with their e-mails and letters, calls, and late fees."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils import translation

from billing.models import Charge, Email, EmailInvoice
from customerflow.inserting import give_keys, insert_all
from customers.models import Customer
from dunning.models import CallTask, Execution, Notice, Rule, Template
from dunning.models.notice import once_a_day
from dunning.models.template import our_language
from dunning.reminders.deciding import Decision
from dunning.reminders.planning import Plan, in_words
from dunning.reminders.texts import About, OpenInvoice, Wordings, say
from dunning.reminders.ways import NO_WAY, Way, ways_of
from dunning.reminders.words import word

Action, State = Rule.Action, Execution.State


@dataclass
class Records:
    """What is to be written, each kind in one statement, and how often what happened to the steps of which rule."""

    emails: list[Email] = field(default_factory=list)
    enclosed: list[tuple[Email, OpenInvoice]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    calls: list[CallTask] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    counts: Counter[tuple[int, str]] = field(default_factory=Counter)

    def take(self, others: "Records") -> None:
        """Take in what was made besides."""
        for each in fields(self):
            getattr(self, each.name).__iadd__(getattr(others, each.name))


def records_of(plan: Plan, customers: Sequence[Customer], on: date, at: datetime) -> Records:
    """Return all that `plan` comes to for `customers`, made and not saved; who cannot be reached fails."""
    made = Records()
    by_key, ways = {customer.pk: customer for customer in customers}, ways_of(customers)
    wordings = Wordings(Template.objects.all())
    for (rule, key), invoices in plan.todo.items():
        customer = by_key[key]
        try:
            done = _do(made, rule, customer, invoices, ways[key], wordings, on, at)
        except ValidationError as refusal:
            failed = Decision(rule, State.FAILED, " ".join(refusal.messages))
            plan.others += [(invoice, failed) for invoice in invoices]
        else:
            made.executions += [_execution(rule, invoice, on, at, state=State.DONE, **about) for invoice, about in done]
    made.executions += [
        _execution(decision.rule, invoice, on, at, state=decision.state, reason=in_words(decision.reason))
        for invoice, decision in plan.others
    ]
    made.counts = Counter((each.rule_id, str(each.state)) for each in made.executions)
    return made


def write(made: Records, plan: Plan) -> None:
    """
    Save what was made: what is new in one statement for each kind. Raises `IntegrityError`.

    A step that was held off or failed before, and is so again for the same reason, stays as it is: the attempt counts.
    """
    for records in (made.emails, made.notices, made.calls, made.charges):
        give_keys(records)
    # Their keys, which only now they have.
    for notice in made.notices:
        notice.email_id = notice.email and notice.email.pk
    for each in made.executions:
        each.notice_id, each.call_id = each.notice and each.notice.pk, each.call and each.call.pk
        each.charge_id = each.charge and each.charge.pk
    insert_all(Email, made.emails)
    insert_all(EmailInvoice, [EmailInvoice(email=email, invoice_id=each.pk) for email, each in made.enclosed])
    insert_all(Notice, made.notices)
    insert_all(CallTask, made.calls)
    insert_all(Charge, made.charges)
    new, changed = [], []
    for each in made.executions:
        before = plan.known.get((each.rule_id, each.invoice_id))
        if before is None:
            new.append(each)
        elif before.state == each.state == State.HELD:
            continue
        else:
            each.pk, each.attempts = before.pk, before.attempts + 1
            changed.append(each)
    insert_all(Execution, new)
    names = ["state", "day", "at", "attempts", "reason", "open_amount", "notice", "call", "charge"]
    Execution.objects.bulk_update(changed, names)


def _do(
    made: Records,
    rule: Rule,
    customer: Customer,
    invoices: list[OpenInvoice],
    way: Way,
    wordings: Wordings,
    on: date,
    at: datetime,
) -> list[tuple[OpenInvoice, dict[str, object]]]:
    """Make what a rule does for a customer; return each of the invoices with what its execution leads to."""
    if rule.action == Action.REMINDER:
        notice = _notice(made, rule, About(customer, invoices, on), way, wordings, at)
        return [(invoice, {"notice": notice}) for invoice in invoices]
    if rule.action == Action.CALL:
        call = CallTask(rule=rule, customer=customer, due_on=on, key=once_a_day(rule, customer, on))
        made.calls.append(call)
        return [(invoice, {"call": call}) for invoice in invoices]
    charges = [late_fee(rule, customer, invoice, on) for invoice in invoices]
    made.charges += charges
    return [(invoice, {"charge": charge}) for invoice, charge in zip(invoices, charges, strict=True)]


def _notice(made: Records, rule: Rule, about: About, way: Way, wordings: Wordings, at: datetime) -> Notice:
    if way.is_none:
        raise ValidationError(NO_WAY)
    template, customer = wordings.of(rule.template, about.customer), about.customer
    said = say(template, about, by_email=bool(way.email), by_letter=way.is_letter)
    email, key = None, once_a_day(rule, customer, about.day)
    if way.email:
        email = Email(
            customer=customer,
            to=way.email,
            subject=said.subject,
            body=said.body,
            language=said.language,
            try_at=at,
            key=key,
        )
        made.emails.append(email)
        made.enclosed += [(email, invoice) for invoice in about.invoices] if template.has_invoices else []
    letter = {"opening": said.opening, "closing": said.closing} if way.is_letter else {}
    notice = Notice(
        rule=rule,
        customer=customer,
        day=about.day,
        total=about.total,
        language=said.language,
        email=email,
        is_letter=way.is_letter,
        customer_name=way.customer_name,
        customer_address=way.customer_address,
        subject=said.subject,
        note=str(way.note),
        key=key,
        **letter,
    )
    made.notices.append(notice)
    return notice


def late_fee(rule: Rule, customer: Customer, invoice: OpenInvoice, on: date) -> Charge:
    """Return the late fee of an invoice, not saved: it waits for the next billing run."""
    with translation.override(customer.language or our_language()):
        description = word("Late fee on invoice %(number)s") % {"number": invoice.number}
    return Charge(
        customer=customer,
        description=description,
        unit_price=rule.fee_of(invoice.open_amount),
        tax_code=rule.tax_code,
        charged_on=on,
        late_fee_of_id=invoice.pk,
    )


def _execution(rule: Rule, invoice: OpenInvoice, on: date, at: datetime, **fields: object) -> Execution:
    return Execution(rule=rule, invoice_id=invoice.pk, day=on, at=at, open_amount=invoice.open_amount, **fields)
