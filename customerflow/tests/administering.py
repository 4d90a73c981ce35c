"""Working in the administration as an administrator does."""

from django.db import models
from django.test import Client
from django.urls import reverse

from customerflow.jobs.models import Job
from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user


def enter(client: Client) -> Client:
    client.force_login(make_user(ADMINISTRATOR, username="admin"))
    return client


def page_of(model: type[models.Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def choose(client: Client, address: str, action: str, records: list, **values: object) -> Job | None:
    """Choose rows of a list for an act; return the draft of the bulk edit, None where none was made."""
    before = Job.objects.order_by("pk").last()
    chosen = {"action": action, "select_across": 0, "_selected_action": [record.pk for record in records]}
    client.post(address, {**chosen, **values})
    newest = Job.objects.order_by("pk").last()
    return newest if newest != before else None
