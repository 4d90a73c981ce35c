"""Programs of their own on the test database: what is killed for the sake of a test."""

import os

from django.conf import settings
from django.db import connection


def environment() -> dict[str, str]:
    """Return the environment in which a program finds the test database."""
    database = settings.DATABASES["default"] | {"NAME": connection.settings_dict["NAME"]}
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    return {**os.environ, "DATABASE_URL": url}
