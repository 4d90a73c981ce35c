"""What the page of a bulk edit shows: its form, what it would do, what it did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django import forms
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from customerflow.bulk.acts import BulkAct, Facts
from customerflow.bulk.findings import Findings
from customerflow.bulk.models import BulkItem
from customerflow.bulk.selection import UNTYPED, act_of, model_of
from customerflow.changes.models import Change
from customerflow.jobs.models import Job
from customerflow.screens import undo_address

# So many of those who are left out are named on the page; a list has all.
NAMED = 50


@dataclass(frozen=True)
class Sample:
    """A record as it stands, and as it will: headings with old and new words."""

    record: models.Model
    differences: list[tuple[str, str, str]]


def may_see_records(job: Job, user: AbstractBaseUser) -> bool:
    """Say whether a person may see the kind of record that a bulk edit is of."""
    opts = model_of(job)._meta
    return user.has_perm(f"{opts.app_label}.{get_permission_codename('view', opts)}")


def context_of(job: Job, request: HttpRequest) -> dict[str, object]:
    """Return what the page of a bulk edit shows; where the program knows the act no more, only how far it is."""
    try:
        act = act_of(job)
    except (LookupError, ValidationError):
        return {}
    is_mine = job.by_id == request.user.pk
    is_open = is_mine and not job.is_confirmed and not job.is_active
    is_asked = is_open and (job.state != Job.State.CHECKED or "edit" in request.GET)
    stage = "run" if job.is_confirmed else "check"
    findings = Findings(**job.result.get(stage, {}))
    sees = may_see_records(job, request.user)
    undone = job.change_set and job.change_set.undone_by.order_by("-pk").first()
    return {
        "act": act,
        "asks": act.asks(),
        "record_kind": act.model._meta.verbose_name,
        "record_kinds": act.model._meta.verbose_name_plural,
        "chosen": job.payload["chosen"],
        "back": job.payload["back"],
        "why": job.payload["why"],
        "form": form_of(job, act) if is_asked else None,
        "is_shown": job.state == Job.State.CHECKED and not is_asked,
        "may_confirm": is_open,
        "may_see_records": sees,
        "findings": findings,
        "will_change": findings.number(BulkItem.Outcome.READY),
        "changed": findings.number(BulkItem.Outcome.DONE),
        "unchanged": findings.number(BulkItem.Outcome.UNCHANGED),
        "left_out": findings.number(*BulkItem.LEFT_OUT),
        "must_type": findings.number(BulkItem.Outcome.READY) > UNTYPED,
        "pairs": sorted(findings.pairs, key=lambda pair: -pair[-1]),
        "reasons": sorted(findings.reasons, key=lambda pair: -pair[-1]),
        "sample": sample_of(job, findings, act) if sees and is_open and not is_asked else [],
        "named": named_of(job, act) if sees and findings.number(*BulkItem.LEFT_OUT) else [],
        "undo_url": undo_address(job.change_set) if job.change_set and not job.is_active and not undone else "",
        "undone": undone,
    }


def form_of(job: Job, act: BulkAct) -> forms.Form:
    """Return the form of the act: empty, or with what was typed and what is wrong with it."""
    return act.form(QueryDict(job.payload["typed"]) if "at" in job.payload else None)


def sample_of(job: Job, findings: Findings, act: BulkAct) -> list[Sample]:
    """Return some of the records that will change, as they stand and as they will."""
    form = form_of(job, act)
    if not form.is_valid():
        return []
    records = act.records(form.cleaned_data).in_bulk([key for key, _after in findings.sample])
    return [
        Sample(records[key], differences(act.facts(records[key], form.cleaned_data), after))
        for key, after in findings.sample
        if key in records
    ]


def differences(before: Facts, after: Facts) -> list[tuple[str, str, str]]:
    """Return what of a record will be another: heading, how it stands, how it will."""
    return [(heading, before[heading], new) for heading, new in after.items() if before[heading] != new]


def named_of(job: Job, act: BulkAct) -> list[BulkItem]:
    """Return the first records that are left out, with their names."""
    left_out = BulkItem.objects.filter(job=job, outcome__in=BulkItem.LEFT_OUT)
    return name(left_out.order_by("pk")[:NAMED], act)


def name(items: Iterable[BulkItem], act: BulkAct) -> list[BulkItem]:
    """Give items of one bulk edit the records that they are of, and who changed what was changed meanwhile."""
    items = list(items)
    records = act.records({}).in_bulk([item.record_id for item in items])
    changed = who_changed([item for item in items if item.outcome == BulkItem.Outcome.MEANWHILE], act.model)
    for item in items:
        item.record = records.get(item.record_id)
        item.changed_by = changed.get(item.record_id)
    return items


def who_changed(items: Sequence[BulkItem], model: type[models.Model]) -> dict[int, str]:
    """Return who made the first change of each record after it was shown, or removed it."""
    if not items:
        return {}
    since = Q(pk__in=[])
    for item in items:
        since |= Q(record_id=item.record_id) & (Q(version=item.version + 1) | Q(action=Change.Action.DELETE))
    changes = Change.objects.filter(since, kind=model._meta.label_lower).select_related("change_set__by")
    return {change.record_id: str(change.change_set.by or _("the system")) for change in changes}
