"""The background work of this app."""

from django.core.exceptions import ValidationError
from django.db import transaction
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

ACCEPT, COLLECT = "accept_bank_lines", "collect_direct_debits"
BATCH = 50


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
            match_some([line])
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
