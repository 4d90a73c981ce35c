"""What every test stands on: settings that do not depend on whose shell it is, and a browser."""

import os
import secrets
import shutil

import django
import pytest
from hypothesis import settings

# The suite decides its own settings, whatever the shell says; only the database is asked for from outside.
# This file sets Django up itself: pytest-django would read the settings before it runs.
for name in [
    "ALLOWED_HOSTS",
    "BEHIND_PROXY",
    "CSRF_TRUSTED_ORIGINS",
    "CURRENCY",
    "HTTPS",
    "LANGUAGE_CODE",
    "OPERATOR_COUNTRY",
    "OPERATOR_NAME",
    "TIME_ZONE",
]:
    os.environ.pop(name, None)
os.environ["DJANGO_SETTINGS_MODULE"] = "customerflow.settings"
os.environ["DEBUG"] = "yes"
os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
# Playwright's event loop runs in the thread of the tests that use it; their database work is done between its calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"

django.setup()

# How long an example takes depends on what else the machine does.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Take the machine's own Chromium, so that nothing is downloaded."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail("The browser tests need Chromium: install the package `chromium`.")
    # Chromium's sandbox does not work for root, which is who runs the tests in a container.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": path, "args": sandbox}
