"""What the lists of rules, texts, reminders, steps and calls show."""

from django.utils.translation import gettext_lazy as _

from customerflow.tables import Column, Table, link, state, states
from dunning.models import CallTask, Execution, Notice, Rule

execution_state = states(Execution.State, {"done": "active", "overtaken": "off", "held": "warn", "failed": "bad"})


def rule_state(rule: Rule) -> str:
    """Return whether a rule is switched on, as a word with a shape."""
    return state(_("Active"), "active") if rule.is_active else state(_("Off"), "off")


def call_state(call: CallTask) -> str:
    """Return what became of a call, as a word with a shape."""
    return state(call.get_result_display(), "active") if call.is_done else state(_("To call"), "warn")


def way_of(notice: Notice) -> str:
    """Return by what a reminder went, in words."""
    ways = [_("E-mail")] if notice.email_id else []
    return " + ".join(map(str, [*ways, *([_("Letter")] if notice.is_letter else [])]))


def became_of(notice: Notice) -> str:
    """Return how far a reminder is, as words with shapes."""
    return state(*_standing(notice))


def _standing(notice: Notice) -> tuple[str, str]:
    if notice.is_letter and not notice.printed_at:
        return _("To be printed"), "warn"
    if notice.email and notice.email.state == "failed":
        return _("E-mail failed"), "bad"
    if notice.email and notice.email.state != "sent":
        return notice.email.get_state_display(), "new"
    return _("Sent") if notice.email else _("Printed"), "active"


class RuleTable(Table):
    """The rules."""

    columns = (
        Column("name", _("Name"), sort="name"),
        Column("action", _("What happens"), value=lambda rule: rule.get_action_display()),
        Column("days", _("When"), value=lambda rule: rule.when, sort="days"),
        Column("least_open", _("Open at least"), css="num"),
        Column("state", _("State"), value=lambda rule: _("Active") if rule.is_active else _("Off"), cell=rule_state),
        Column("active_from", _("Acts from"), css="num"),
    )
    order = "days"


class TemplateTable(Table):
    """The texts of reminders."""

    columns = (
        Column("name", _("Name"), sort="name"),
        Column("language", _("Language"), value=lambda template: template.get_language_display()),
        Column("subject", _("Subject")),
    )
    order = "name"


class NoticeTable(Table):
    """Reminders, the newest first."""

    columns = (
        Column("subject", _("Reminder")),
        Column("customer", _("Customer"), cell=lambda notice: link(notice.customer)),
        Column("rule", _("Rule")),
        Column("day", _("Day"), sort="pk", css="num"),
        Column("total", _("Open"), css="num"),
        Column("way", _("By"), value=way_of),
        Column("state", _("State"), value=lambda notice: str(_standing(notice)[0]), cell=became_of),
    )
    select_related = ("customer", "rule", "email")
    order = "-day"


class ExecutionTable(Table):
    """What became of the steps of invoices, the newest first."""

    columns = (
        Column("invoice", _("Invoice"), cell=lambda execution: link(execution.invoice)),
        Column(
            "customer",
            _("Customer"),
            value=lambda each: each.invoice.customer,
            cell=lambda each: link(each.invoice.customer),
        ),
        Column("rule", _("Rule")),
        Column("day", _("Day"), sort="pk", css="num"),
        Column("open_amount", _("Open"), css="num"),
        Column(
            "state",
            _("State"),
            value=lambda each: each.get_state_display(),
            cell=lambda each: execution_state(each.state),
        ),
        Column("reason", _("Why")),
    )
    select_related = ("rule", "invoice__customer", "notice")
    order = "-day"


class CallTable(Table):
    """Calls, the oldest first."""

    columns = (
        Column("customer", _("Customer"), cell=lambda call: link(call, call.customer)),
        Column("phone", _("Phone"), value=lambda call: call.customer.phone),
        Column("rule", _("Rule")),
        Column("due_on", _("Day"), sort="due_on", css="num"),
        Column("state", _("State"), value=lambda call: call.get_result_display(), cell=call_state),
        Column("done_by", _("Done by"), value=lambda call: call.done_by or ""),
    )
    select_related = ("customer", "rule", "done_by")
    order = "due_on"
