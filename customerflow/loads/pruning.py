"""What is kept of loads for a while only: drafts, files that were sent, and which rows were new or as they were."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Min

from customerflow.loads.drafts import forget_uploads
from customerflow.loads.making import locked_draft, remove
from customerflow.loads.models import Finding, Load

# What was never confirmed is of no use to anybody after so long.
DRAFTS_KEPT = timedelta(days=7)
# Who was new and who was unchanged; what was changed and refused is kept for ever, and so are all counts.
ROWS_KEPT = timedelta(days=90)
PASSING = (Finding.Outcome.CREATED, Finding.Outcome.UNCHANGED)
# So many keys of findings are removed in one transaction: others wait no longer than for these.
PIECE = 20_000


@dataclass
class Pruned:
    """How many drafts, and how many findings of loads, are forgotten."""

    drafts: int = 0
    findings: int = 0

    def __str__(self) -> str:
        return f"{self.drafts} drafts of loads and {self.findings} findings in rows of old ones"


def prune_loads(now: datetime) -> Pruned:
    """Forget what is of no more use, piece by piece; it may be killed and repeated."""
    pruned = Pruned()
    for draft in Load.objects.filter(loaded_at=None, made_at__lt=now - DRAFTS_KEPT):
        pruned.drafts += _forget_draft(draft)
    for load in Load.objects.loaded().filter(uploads__file__gt="").distinct():
        forget_uploads(load)
    for load in Load.objects.filter(loaded_at__lt=now - ROWS_KEPT, files__findings__outcome__in=PASSING).distinct():
        pruned.findings += _forget_rows(load)
    return pruned


def _forget_draft(draft: Load) -> bool:
    """Remove a draft and its files, unless it is being worked on; return whether it was removed."""
    try:
        with transaction.atomic():
            remove(locked_draft(draft))
    except ValidationError:
        return False
    return True


def _forget_rows(load: Load) -> int:
    """Remove what was found in the rows of a load that were new, or as they were; return how many findings that is."""
    passing = Finding.objects.filter(file__load=load, outcome__in=PASSING).order_by()
    keys = passing.aggregate(first=Min("pk"), last=Max("pk"))
    if keys["first"] is None:
        return 0
    pieces = range(keys["first"], keys["last"] + 1, PIECE)
    return sum(passing.filter(pk__gte=first, pk__lt=first + PIECE).delete()[0] for first in pieces)
