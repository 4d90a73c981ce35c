"""
The work of a bulk edit: every chosen record is tried and taken back, then shown, then changed.

Trying and changing are the same code. Each piece is a batch of records in one transaction: what they become, what is
noted of each, and how far the job is are kept together or not at all; so whatever is killed goes on where it was.
"""

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ProtectedError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.bulk.acts import BulkAct, reason
from customerflow.bulk.findings import Findings
from customerflow.bulk.models import BulkItem
from customerflow.bulk.pages import context_of
from customerflow.bulk.selection import KIND, act_of
from customerflow.changes.recording import acting_for, current_origin, open_parent, recording
from customerflow.jobs.models import Job
from customerflow.jobs.work import Work, register
from customerflow.refusals import acting

# So many records are changed in one transaction: others wait no longer than for these.
BATCH = 100
# So many are tried in one. Between two steps a job pauses, and what is tried is not kept.
TRIED = 400
LONGEST = BulkItem._meta.get_field("message").max_length


class _TakenBack(Exception):
    """Raised to leave a transaction without a trace."""


@register
class BulkEdit(Work):
    """A bulk edit."""

    kind = KIND
    label = gettext_lazy("Bulk edit")
    template = "bulk/job.html"

    def check(self, job: Job) -> bool:
        """Try the next batch and take it back; keep what came of each record."""
        items = list(BulkItem.objects.filter(job=job, pk__gt=job.payload["position"]).order_by("pk")[:TRIED])
        batch = Batch(job, items, "check")
        try:
            with recording(job.title, by=job.by):
                batch.act(is_trial=True)
                raise _TakenBack
        except _TakenBack:
            batch.keep()
        return len(items) == TRIED

    def step(self, job: Job) -> bool:
        """Change the next batch of what was shown; keep what came of each record."""
        ready = BulkItem.objects.filter(job=job, outcome=BulkItem.Outcome.READY, pk__gt=job.payload["position"])
        items = list(ready.order_by("pk")[:BATCH])
        batch = Batch(job, items, "run")
        with acting_for(replace(current_origin(), by=job.by, why=job.payload["why"])):
            parent = job.change_set or open_parent(job.title)
            with recording(job.title, parent=parent) as record:
                batch.act(is_trial=False)
            batch.keep()
            if record.change_set:
                job.change_set = parent
            elif not job.change_set:
                parent.delete()
        return len(items) == BATCH

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        return context_of(job, request)


class Batch:
    """
    Some records of a bulk edit, acted on one after the other.

    What one refuses does not touch the others. Raises `ValidationError` where nothing can be done at all: the act needs
    a right that the person has no more, or a value that is there no more.
    """

    def __init__(self, job: Job, items: list[BulkItem], stage: str) -> None:
        self.job, self.items, self.stage = job, items, stage
        self.findings = Findings(**job.result.get(stage, {}))
        self.bulk_act = act_of(job)
        self.values = permitted_values(job, self.bulk_act)

    def act(self, *, is_trial: bool) -> None:
        """Act on all records, locked in the order of their keys."""
        wanted = self.bulk_act.records(self.values).filter(pk__in=[item.record_id for item in self.items])
        locked = wanted.select_for_update(of=("self",), no_key=True).order_by("pk")
        records = {record.pk: record for record in locked}
        for item in self.items:
            record = records.get(item.record_id)
            if record is None:
                self._left_out(item, BulkItem.Outcome.MEANWHILE, _("It was removed meanwhile."))
            elif not is_trial and record.version != item.version:
                self._left_out(item, BulkItem.Outcome.MEANWHILE, _("It was changed meanwhile."))
            else:
                item.version = record.version
                self._act_on(item, record, BulkItem.Outcome.READY if is_trial else BulkItem.Outcome.DONE)

    def _act_on(self, item: BulkItem, record: models.Model, outcome: str) -> None:
        before = self.bulk_act.facts(record, self.values)
        try:
            with acting():
                after = self.bulk_act.carry_out(record, self.values)
        except (ProtectedError, ValidationError) as error:
            self._left_out(item, BulkItem.Outcome.REFUSED, reason(error, self.bulk_act.model))
            return
        item.outcome, item.message = (BulkItem.Outcome.UNCHANGED if after is None else outcome), ""
        self.findings.note(item)
        if after is not None:
            self.findings.note_change(item, before, after, self.bulk_act.prose)

    def _left_out(self, item: BulkItem, outcome: str, message: str) -> None:
        item.outcome, item.message = outcome, str(message)[:LONGEST]
        self.findings.note(item)

    def keep(self) -> None:
        """Write down what came of each record, and how far the job is."""
        # Most fare alike: a few statements, which `bulk_update` would take twice the time of the whole batch for.
        alike: dict[tuple[int, str, str], list[int]] = {}
        for item in self.items:
            alike.setdefault((item.version, item.outcome, item.message), []).append(item.pk)
        for (version, outcome, message), keys in alike.items():
            BulkItem.objects.filter(pk__in=keys).update(version=version, outcome=outcome, message=message)
        job, left_out = self.job, sum(item.outcome in BulkItem.LEFT_OUT for item in self.items)
        job.refused += left_out
        job.done += len(self.items) - left_out
        job.result = {**job.result, self.stage: self.findings.as_json()}
        if self.items:
            job.payload["position"] = self.items[-1].pk


def permitted_values(job: Job, act: BulkAct) -> dict[str, object]:
    """Return the values of a job's form, checked again; raises `ValidationError` where one or a right is gone."""
    if not act.is_permitted(act.model, act.by):
        raise ValidationError(_("Whoever asked for this may not do it any more."))
    form = act.form(QueryDict(job.payload["typed"]))
    if not form.is_valid():
        raise ValidationError(_("What was chosen cannot be chosen any more. Make a new bulk edit."))
    return form.cleaned_data
