"""A worker that knows the works of the tests, as a program: `python -m customerflow.jobs.tests.worker_process`."""

import os
import sys
from importlib import import_module

import django
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "customerflow.settings"
    django.setup()
    import_module("customerflow.jobs.tests.works")
    execute_from_command_line(["manage.py", "worker", *sys.argv[1:]])
