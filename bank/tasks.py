"""The background work of this app."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bank.applying import accept_line, match_some
from bank.debits.collecting import collect_next
from bank.models import Collection, StatementLine
from customerflow.changes.recording import recording
from customerflow.jobs.models import Job
from customerflow.jobs.work import Work, register
from customerflow.keys import among
from customers.models import Customer

ACCEPT, MATCH, COLLECT = "accept_bank_lines", "match_bank_lines", "collect_direct_debits"
BATCH, MATCHED = 50, 500


def sure_lines(statement: int | None = None):
    """Return the lines of which it is sure whose they are, of one statement or of all."""
    lines = StatementLine.objects.sure().order_by("pk")
    return lines.filter(statement=statement) if statement else lines


@register
class AcceptLines(Work):
    """Applying all lines of which it is sure whose they are, as they were shown; each is matched anew before."""

    kind = ACCEPT
    label = gettext_lazy("Sure bank lines")

    def step(self, job: Job) -> bool:
        lines = sure_lines(job.payload["statement"]).filter(pk__gt=job.payload["beyond"], pk__lte=job.payload["up_to"])
        with recording(job.title, by=job.by):
            batch = list(lines.select_for_update(no_key=True)[:BATCH])
            # All at once, in the order of their keys: who acts on two of them waits, and does not wait for us.
            keys = among({line.customer_id for line in batch if line.customer_id})
            list(Customer.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
            for line in batch:
                if self._accept(line, job):
                    job.done += 1
                else:
                    job.refused += 1
            if batch:
                job.payload["beyond"] = batch[-1].pk
        return bool(batch)

    def _accept(self, line: StatementLine, job: Job) -> bool:
        try:
            with transaction.atomic():
                accept_line(line=line, on=timezone.localdate(), by=job.by, sure=True)
        except ValidationError:
            match_some([line.pk])
            return False
        return True


def job_to_accept(*, statement: int | None = None, up_to: int | None = None) -> Job | None:
    """Return a new job that accepts the sure lines up to the key `up_to`; None where there are none."""
    lines = sure_lines(statement)
    lines = lines.filter(pk__lte=up_to) if up_to else lines
    total = lines.count()
    if not total:
        return None
    payload = {"statement": statement, "beyond": 0, "up_to": up_to or lines.last().pk}
    return Job.objects.open(ACCEPT, title=_("Sure bank lines accepted"), total=total, payload=payload)


@register
class MatchLines(Work):
    """Matching all open lines anew: customers and invoices have come since."""

    kind = MATCH
    label = gettext_lazy("Bank lines matched")

    def step(self, job: Job) -> bool:
        open_lines = StatementLine.objects.open().filter(pk__gt=job.payload["beyond"], pk__lte=job.payload["up_to"])
        keys = list(open_lines.order_by("pk").values_list("pk", flat=True)[:MATCHED])
        if keys:
            match_some(keys)
            job.done, job.payload["beyond"] = job.done + len(keys), keys[-1]
        return bool(keys)


def job_to_match() -> Job:
    """Return a new job that matches all lines anew that are open now."""
    found = StatementLine.objects.open().aggregate(total=Count("pk"), last=Max("pk"))
    payload = {"beyond": 0, "up_to": found["last"] or 0}
    return Job.objects.open(MATCH, title=_("Bank lines matched"), total=found["total"], payload=payload)


@register
class CollectDebits(Work):
    """Recording the payments of a collection whose day has come."""

    kind = COLLECT
    label = gettext_lazy("Direct debits")
    template = "bank/collection_job.html"

    def step(self, job: Job) -> bool:
        collection = Collection.objects.filter(pk=job.payload["collection"]).first()
        if collection is None:
            raise ValidationError(_("This collection is not there any more."))
        with recording(job.title, by=job.by):
            done = collect_next(collection=collection, on=timezone.localdate(), by=job.by)
        job.done += done
        return bool(done)

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        return {"collection": Collection.objects.filter(pk=job.payload["collection"]).first()}


def job_to_collect(collection: Collection) -> Job:
    """Return a new job that records the payments of `collection`."""
    total = collection.items.filter(state="pending").count()
    title = _("Direct debits of %(name)s") % {"name": collection}
    return Job.objects.open(COLLECT, title=title, total=total, payload={"collection": collection.pk})
