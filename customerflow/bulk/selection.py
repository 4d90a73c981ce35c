"""
What is chosen for a bulk edit: found on the server at the moment of choosing, and kept.

What is shown afterwards is what is changed, whoever adds or changes rows meanwhile.
"""

import re
from datetime import datetime, timedelta

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection, models, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.bulk.acts import BulkAct, act_named
from customerflow.bulk.findings import Findings
from customerflow.bulk.models import BulkItem
from customerflow.jobs.models import Job
from customerflow.jobs.running import check_now, enqueue, enqueue_check, run_now

KIND = "bulk"
# Up to so many are tried and changed while the person waits.
AT_ONCE = 200
# Acting on more than so many is confirmed by typing their number.
UNTYPED = 50
# What may stand between groups of digits.
MARKS = re.compile(r"[\s,.'\u2019\u00a0\u202f]")
# What was chosen and never confirmed is forgotten after so long, when the person chooses anew.
FORGOTTEN_AFTER = timedelta(days=1)
UNSTARTED = (Job.State.DRAFT, Job.State.CHECKED, Job.State.STOPPED, Job.State.FAILED)


@transaction.atomic
def choose(act: type[BulkAct], rows: models.QuerySet, *, by: AbstractBaseUser, back: str) -> Job | None:
    """
    Return a draft of `act` on all of `rows`, for the person `by`; None where there are no rows.

    `back` is the address of the list they were chosen in.
    """
    forget_old_drafts(by)
    model = rows.model
    payload = {
        "kind": model._meta.label_lower,
        "act": act.__name__,
        "back": back,
        "typed": "",
        "why": "",
        "position": 0,
    }
    job = Job.objects.open(KIND, title=act.heading_for(model), by=by, payload=payload)
    job.total = _keep(job, rows)
    if not job.total:
        job.delete()
        return None
    job.payload["chosen"] = job.total
    job.save(update_fields=["total", "payload"])
    return job


def _keep(job: Job, rows: models.QuerySet) -> int:
    """Write down the keys and versions of `rows`, inside the database; return how many there are."""
    try:
        chosen, parameters = rows.order_by("pk").values_list("pk", "version").query.sql_with_params()
    except EmptyResultSet:
        return 0
    waiting = BulkItem.Outcome.WAITING
    insert = f"""
        INSERT INTO {BulkItem._meta.db_table} (job_id, outcome, message, record_id, version)
        SELECT %s, %s, %s, chosen.* FROM ({chosen}) AS chosen
    """
    with connection.cursor() as cursor:
        cursor.execute(insert, [job.pk, waiting, "", *parameters])
        return cursor.rowcount


def forget_old_drafts(by: AbstractBaseUser) -> None:
    """Remove what a person chose and never confirmed."""
    drafts = Job.objects.filter(kind=KIND, by=by, is_confirmed=False, state__in=UNSTARTED)
    drafts.filter(created_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def model_of(job: Job) -> type[models.Model]:
    """Return the kind of record that a bulk edit is of."""
    return apps.get_model(job.payload["kind"])


def act_of(job: Job) -> BulkAct:
    """Return the act of a bulk edit; raises `ValidationError` where the program knows it no more."""
    model = model_of(job)
    act = act_named(model, job.payload["act"])
    if act is None:
        raise ValidationError(_("The program does not know this act any more."))
    at = datetime.fromisoformat(job.payload["at"]) if job.payload.get("at") else timezone.now()
    return act(model, by=job.by, at=at)


def check(job: Job, typed: QueryDict) -> bool:
    """
    Check a draft with what was typed into the form of its act: every record is tried. Return False where it is wrong.

    Many are checked by a worker. Raises `ValidationError` where the job was confirmed already.
    """
    with transaction.atomic():
        job.lock()
        if job.is_confirmed or job.is_active:
            raise ValidationError(_("It has been started already."))
        act = act_of(job)
        form = act.form(typed)
        names = {name for field in form for name in typed if name == field.html_name}
        job.payload |= {"typed": _only(typed, names), "position": 0, "at": timezone.now().isoformat()}
        job.result, job.total, job.state = {}, job.payload["chosen"], Job.State.DRAFT
        job.save(update_fields=["payload", "result", "total", "state"])
        if not form.is_valid():
            return False
        if job.total > AT_ONCE:
            enqueue_check(job)
    if job.total <= AT_ONCE:
        check_now(job)
    return True


def _only(typed: QueryDict, names: set[str]) -> str:
    kept = QueryDict(mutable=True)
    for name in sorted(names):
        kept.setlist(name, typed.getlist(name))
    return kept.urlencode()


def ready_number(job: Job) -> int:
    """Return how many records will change, as far as they were checked."""
    return Findings(**job.result.get("check", {})).number(BulkItem.Outcome.READY)


def confirm(job: Job, *, turn: str, number: str, why: str) -> None:
    """
    Do what was shown: `turn` is the job's as it was shown, `number` what was typed, `why` the reason for the history.

    Many are done by a worker. Raises `ValidationError` where something else was shown, or another number is right; the
    reason is kept all the same.
    """
    with transaction.atomic():
        job.lock()
        if job.state != Job.State.CHECKED:
            raise ValidationError(_("It has been started already."))
        ready = ready_number(job)
        refusal = _refusal(job, ready, turn, number)
        job.payload["why"] = why
        if not refusal:
            job.payload |= {"position": 0, "at": timezone.now().isoformat()}
            job.result["run"] = Findings(**job.result["check"]).left_out().as_json()
            job.total = ready
        job.save(update_fields=["payload", "result", "total"])
        if not refusal and ready > AT_ONCE:
            enqueue(job)
    if refusal:
        raise ValidationError(refusal)
    if ready <= AT_ONCE:
        run_now(job)


def _refusal(job: Job, ready: int, turn: str, number: str) -> str:
    """Return why what was shown cannot be confirmed; nothing where it can."""
    # What happens "today" was shown for the day of the check.
    is_of_today = timezone.localdate(datetime.fromisoformat(job.payload["at"])) == timezone.localdate()
    if turn != str(job.turn) or not is_of_today:
        return _("This is not what was checked last. Check again, then confirm.")
    # As the page shows it, with the marks between groups of digits, is right too.
    if ready > UNTYPED and MARKS.sub("", number) != str(ready):
        return _("That is not the number of records that change: %(number)d.") % {"number": ready}
    return ""
