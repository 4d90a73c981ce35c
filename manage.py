#!/usr/bin/env python
"""Django's command line for CustomerFlow."""

import os
import sys

try:
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
except ImportError as error:
    raise SystemExit("Django is not installed here: run `make setup`, then .venv/bin/python manage.py.") from error


def main() -> None:
    """Run a management command; settings that are wrong are named in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "customerflow.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  (the first access reads the settings)
    except ImproperlyConfigured as error:
        raise SystemExit(f"CustomerFlow cannot start: {error}") from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
