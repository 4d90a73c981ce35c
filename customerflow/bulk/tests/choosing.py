"""Bulk edits as a person does them: choose, type, look, confirm."""

from django.test import Client
from django.urls import reverse

from customerflow.jobs.models import Job


def choose(client: Client, address: str, act: str, records: list | None = None) -> Job | None:
    """Choose records in a list, or all that match its address; return the draft, None where none was made."""
    chosen = {"all": "1"} if records is None else {"chosen": [record.pk for record in records]}
    before = Job.objects.order_by("pk").last()
    client.post(address, {"act": act, **chosen})
    newest = Job.objects.order_by("pk").last()
    return newest if newest != before else None


def check(client: Client, job: Job, **values: object) -> Job:
    """Type into the form of the act, and let every record be tried."""
    client.post(reverse("bulk:check", args=[job.pk]), values)
    return again(job)


def confirm(client: Client, job: Job, **values: object) -> Job:
    """Confirm what is shown."""
    client.post(reverse("bulk:confirm", args=[job.pk]), {"turn": job.turn, **values})
    return again(job)


def do(client: Client, address: str, act: str, records: list | None = None, **values: object) -> Job:
    """Choose, type, and confirm."""
    return confirm(client, check(client, choose(client, address, act, records), **values))


def again(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def outcomes(job: Job) -> dict[int, str]:
    """Return what became of each record, by key."""
    return dict(job.bulk_items.order_by("record_id").values_list("record_id", "outcome"))


def messages_of(job: Job) -> set[str]:
    """Return why records were left out."""
    return set(job.bulk_items.exclude(message="").values_list("message", flat=True))
