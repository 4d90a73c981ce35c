"""Working in the administration as an administrator does."""

from django.db import models
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user


def enter(client: Client) -> Client:
    client.force_login(make_user(ADMINISTRATOR, username="admin"))
    return client


def page_of(model: type[models.Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def choose(client: Client, address: str, action: str, records: list, **values: object) -> HttpResponse:
    chosen = {"action": action, "select_across": 0, "_selected_action": [record.pk for record in records]}
    return client.post(address, {**chosen, **values}, follow=True)


def preview(client: Client, address: str, action: str, records: list, **values: object) -> HttpResponse:
    return choose(client, address, action, records, stage="preview", **values)


def carry_out(client: Client, address: str, action: str, records: list, **values: object) -> HttpResponse:
    """Confirm an act on these records, and follow to the list, which has the report."""
    return choose(client, address, action, records, stage="act", **{"count": len(records), **values})
