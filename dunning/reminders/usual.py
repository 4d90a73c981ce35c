"""The usual rules and texts to begin with, in English and German: switched off, to be looked at and changed."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from dunning.models import Rule, Template
from dunning.models.template import our_language

Action = Rule.Action
ENGLISH_END = "\n\nIf you have paid meanwhile, please take this as settled.\n\nKind regards\n{operator}\n{contact}"
GERMAN_END = (
    "\n\nFalls Sie inzwischen gezahlt haben, betrachten Sie dieses Schreiben als gegenstandslos."
    "\n\nMit freundlichen Grüßen\n{operator}\n{contact}"
)

# By name and language: the subject, and what is said before and after the invoices.
TEXTS = {
    ("Due soon", "en"): (
        "Your invoice is due on {due_on}",
        "Dear {customer},\n\nthis is a friendly note that the following is due soon:",
        "Please pay {total} by {due_on}, and state your customer number {number}." + ENGLISH_END,
    ),
    ("Due soon", "de"): (
        "Ihre Rechnung ist am {due_on} fällig",
        "Guten Tag {customer},\n\nwir möchten Sie daran erinnern, dass in Kürze fällig wird:",
        "Bitte zahlen Sie {total} bis zum {due_on} und geben Sie Ihre Kundennummer {number} an." + GERMAN_END,
    ),
    ("First reminder", "en"): (
        "Payment reminder from {operator}",
        "Dear {customer},\n\nyou may have overlooked it: the following has been due since {due_on}.",
        "Please pay {total} within seven days, and state your customer number {number}." + ENGLISH_END,
    ),
    ("First reminder", "de"): (
        "Zahlungserinnerung von {operator}",
        "Guten Tag {customer},\n\nsicher haben Sie es übersehen: Folgendes ist seit dem {due_on} fällig.",
        "Bitte zahlen Sie {total} innerhalb von sieben Tagen und geben Sie Ihre Kundennummer {number} an." + GERMAN_END,
    ),
    ("Second reminder", "en"): (
        "Second payment reminder from {operator}",
        "Dear {customer},\n\nin spite of our reminder the following is still open, since {due_on} ({days_late} days):",
        "Please pay {total} within seven days. Otherwise we have to suspend your service. If you cannot pay at once, "
        "call us: we will find a way." + ENGLISH_END,
    ),
    ("Second reminder", "de"): (
        "Zweite Mahnung von {operator}",
        "Guten Tag {customer},\n\ntrotz unserer Erinnerung ist noch offen, seit dem {due_on} ({days_late} Tage):",
        "Bitte zahlen Sie {total} innerhalb von sieben Tagen. Sonst müssen wir Ihren Anschluss sperren. Wenn Sie nicht "
        "sofort zahlen können, rufen Sie uns an: Wir finden einen Weg." + GERMAN_END,
    ),
}
# Name, what happens, days after the due day; a reminder has the text of its name.
RULES = (
    ("Due soon", Action.REMINDER, -3),
    ("First reminder", Action.REMINDER, 7),
    ("Late fee", Action.LATE_FEE, 14),
    ("Second reminder", Action.REMINDER, 14),
    ("Call", Action.CALL, 21),
)
FEE, LEAST = Decimal(5), Decimal(5)


@recorded(gettext_lazy("Usual reminder rules added"))
def add_usual_rules() -> list[Rule]:
    """Add the usual rules with their texts, all switched off; raises `ValidationError` where there are rules."""
    if Rule.objects.exists():
        raise ValidationError(_("There are rules already."))
    ours, texts = our_language(), {}
    for (name, language), (subject, before, behind) in TEXTS.items():
        said = f"{before}\n\n{{invoices}}\n\n{behind}"
        values = {"subject": subject, "email_text": said, "letter_text": said}
        texts[name, language], _is_new = Template.objects.get_or_create(name=name, language=language, defaults=values)
    rules = [
        _rule(name, action, days, texts.get((name, ours), texts.get((name, "en")))) for name, action, days in RULES
    ]
    for rule in rules:
        rule.full_clean()
        rule.save()
    return rules


def _rule(name: str, action: Action, days: int, template: Template | None) -> Rule:
    rule = Rule(name=name, action=action, days=days, template=template, least_open=LEAST)
    if action == Action.LATE_FEE:
        rule.fee_amount = FEE
    return rule
