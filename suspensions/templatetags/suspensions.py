"""What other apps' pages show of suspensions."""

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from customerflow.tables import state
from customers.models import Customer
from suspensions import tables
from suspensions.cases import Case, cases_of
from suspensions.explaining import is_due, is_due_soon, sentences
from suspensions.models import ParkedCustomer, Suspension
from suspensions.models.policy import current_policy
from suspensions.quiet_days import next_cutoff_day

register = template.Library()


@register.simple_tag
def suspension_state(suspension: Suspension) -> SafeString:
    """Return whether the services are off, or why they came back, as a word with a shape."""
    return tables.suspension_state(suspension)


@register.simple_tag
def suspended_since(customer: Customer) -> SafeString | str:
    """Return since when a customer's services are off, as a word with a shape; nothing where they are not."""
    suspension = Suspension.objects.open().filter(customer=customer).first()
    return state(_("Suspended since %(day)s") % {"day": suspension.began_on}, "bad") if suspension else ""


@register.inclusion_tag("suspensions/_card.html", takes_context=True)
def suspension_card(context: template.Context, customer: Customer) -> dict[str, object]:
    """Say why a customer is suspended, or is not, by each rule, and offer what may be done about it."""
    policy, today = current_policy(), timezone.localdate()
    if policy.pk is None:
        # Nobody has looked at the rules yet: they have nothing to say.
        return {"case": None}
    (case,) = cases_of([customer], on=today, policy=policy)
    return {
        "perms": context["perms"],
        "customer": customer,
        "case": case,
        "policy": policy,
        "sentences": sentences(case),
        "parked": ParkedCustomer.objects.filter(customer=customer),
        "is_due": is_due_soon(case),
        "next_day": next_cutoff_day(policy, today) if case.quiet else today,
        "acts": _acts(case, context["perms"]["suspensions"]),
    }


@register.inclusion_tag("suspensions/_parked.html")
def parked_customers() -> dict[str, object]:
    """Say with how many customers the daily step could not deal, and lead to them."""
    return {"count": ParkedCustomer.objects.count()}


def _acts(case: Case, may: object) -> list[tuple[str, str]]:
    """Return the address and label of what this person may do now."""
    offered = [
        (case.suspension is not None, "view_suspension", "suspension_detail", _("Since when, and for what")),
        (case.suspension is not None, "change_suspension", "turn_on", _("Turn the services on")),
        (case.suspension is None, "add_hold", "hold", _("Change the hold") if case.hold else _("Hold")),
        (case.hold is not None, "change_hold", "hold_end", _("End the hold")),
        (is_due(case), "add_suspension", "suspend", _("Suspend now")),
    ]
    return [
        (reverse(f"suspensions:{page}", args=[case.suspension.pk if page == "suspension_detail" else case.pk]), label)
        for is_offered, right, page, label in offered
        if is_offered and may[right]
    ]
