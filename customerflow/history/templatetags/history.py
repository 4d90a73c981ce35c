"""What the pages of records show of their history."""

from django import template
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from customerflow.changes.models import Change
from customerflow.changes.tracked import is_tracked, shown_with
from customerflow.history.describing import tell, to_tell
from customerflow.history.kinds import may, name_of_kind
from customerflow.panels import ROWS

register = template.Library()
# A customer may be served at more places than a query should name.
MOST_RECORDS = 1_000


@register.inclusion_tag("history/_panel.html", takes_context=True)
def history_panel(context: template.Context, records: list[models.Model]) -> dict[str, object]:
    """
    Draw the newest changes of the page's record, the first of `records`, and of what belongs to it.

    That is the other `records`, which the page has loaded, and those that say that they are shown with the first.
    """
    user, record = context["request"].user, records[0]
    kind = record._meta.label_lower
    if not (user.has_perm("changes.view_changeset") and is_tracked(type(record)) and may(user, "view", kind)):
        return {}
    keys: dict[str, list[int]] = {}
    for each in records[:MOST_RECORDS]:
        keys.setdefault(each._meta.label_lower, []).append(each.pk)
    for each, key in shown_with(record, MOST_RECORDS):
        keys.setdefault(each, []).append(key)
    asked = Q()
    for each, ids in keys.items():
        if may(user, "view", each):
            asked |= Q(kind=each, record_id__in=ids)
    # The keys of all are in the index alone; only the newest are read.
    newest = Change.objects.filter(asked).order_by("-pk").values("pk")[: ROWS + 1]
    found = tell(to_tell(Change.objects.filter(pk__in=newest).order_by("-pk"), user), user, loaded=records)
    return {
        "changes": found[:ROWS],
        "has_more": len(found) > ROWS,
        "kind": name_of_kind(kind),
        "record": record,
        "url": f"{reverse('changes:changeset_list')}?{urlencode({'record': f'{kind}:{record.pk}'})}",
    }


@register.inclusion_tag("history/_value.html")
def value(shown) -> dict[str, object]:
    """Draw what a field holds, or held."""
    return {"value": shown}
