"""The staff app, and the administration's own site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class StaffConfig(AppConfig):
    """Staff, their groups and their log-in."""

    name = "customerflow.staff"
    default = True


class AdministrationConfig(admin_apps.AdminConfig):
    """Django's admin with our rules of who may enter."""

    default_site = "customerflow.staff.administration.Administration"
    default = False
