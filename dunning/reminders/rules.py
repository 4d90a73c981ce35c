"""Rules: saving one, switching it on and off."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from dunning.models import Rule

# What decides whom a rule hits.
DECIDING = ("days", "least_open")


@recorded(gettext_lazy("Reminder rule saved"))
def save_rule(*, rule: Rule, on: date) -> Rule:
    """
    Save a rule, today being `on`.

    A rule that is switched on and hits others now than before acts from today: what it would have done on days gone by,
    it leaves. Raises `ValidationError`, keyed by field, among others for another action than before.
    """
    before = Rule.objects.select_for_update().filter(pk=rule.pk).first() if rule.pk else None
    if before:
        if before.action != rule.action:
            raise ValidationError({"action": _("What a rule does stays: make another rule for this.")})
        rule.active_from = before.active_from
        if rule.active_from and any(getattr(before, name) != getattr(rule, name) for name in DECIDING):
            rule.active_from = max(rule.active_from, on)
    rule.full_clean()
    rule.save()
    return rule


@recorded(gettext_lazy("Reminder rule switched on"))
def switch_on(*, rule: Rule, active_from: date, on: date) -> Rule:
    """
    Let a rule act from the day `active_from` on: today (`on`) or later. No invoice whose step day lies before is hit.

    Raises `ValidationError`, keyed by field, for a day that is past, and for a rule that acts already.
    """
    rule = _locked(rule)
    if rule.is_active:
        raise ValidationError(_("This rule is switched on already."))
    if active_from < on:
        raise ValidationError({"active_from": _("This day is past: a rule acts from today on, or later.")})
    rule.active_from = active_from
    return _saved(rule)


@recorded(gettext_lazy("Reminder rule switched off"))
def switch_off(*, rule: Rule) -> Rule:
    """Let a rule act no more; what it did stays. Raises `ValidationError` where it does not act."""
    rule = _locked(rule)
    if not rule.is_active:
        raise ValidationError(_("This rule is switched off already."))
    rule.active_from = None
    return _saved(rule)


def _locked(rule: Rule) -> Rule:
    return Rule.objects.select_for_update(of=("self",)).get(pk=rule.pk)


def _saved(rule: Rule) -> Rule:
    rule.version += 1
    rule.save(update_fields=["active_from", "version", "updated_at"])
    return rule
