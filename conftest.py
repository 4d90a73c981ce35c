"""What every test stands on: settings that do not depend on whose shell it is, and a browser."""

import atexit
import gc
import os
import secrets
import shutil
import tempfile

import django
import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client, SimpleTestCase
from hypothesis import settings as examples

# The suite decides its own settings, whatever the shell says; only the database is asked for from outside.
# This file sets Django up itself: pytest-django would read the settings before it runs.
for name in [
    "ALLOWED_HOSTS",
    "ATTACHMENT_LIMIT_MB",
    "BEHIND_PROXY",
    "CSRF_TRUSTED_ORIGINS",
    "CURRENCY",
    "EMAIL_URL",
    "HTTPS",
    "IMAP_URL",
    "LANGUAGE_CODE",
    "MAIL_LIMIT_MB",
    "MAIL_TICKET_TYPE",
    "NETWORK_COMMAND",
    "OPERATOR_ADDRESS",
    "OPERATOR_BANK",
    "OPERATOR_BIC",
    "OPERATOR_COUNTRY",
    "OPERATOR_CREDITOR_ID",
    "OPERATOR_EMAIL",
    "OPERATOR_IBAN",
    "OPERATOR_LOGO",
    "OPERATOR_NAME",
    "OPERATOR_PHONE",
    "OPERATOR_TAX_NUMBER",
    "SITE_URL",
    "SUPPORT_EMAIL",
    "TIME_ZONE",
    "UPLOAD_LIMIT_MB",
    "VISIT_HOURS",
    "WEBHOOKS_TO_PRIVATE_ADDRESSES",
]:
    os.environ.pop(name, None)
os.environ["DJANGO_SETTINGS_MODULE"] = "customerflow.settings"
os.environ["DEBUG"] = "yes"
os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
# The files that tests send and make: a folder of this process, and of the programs that it starts.
for name in ["UPLOADS_DIR", "DOCUMENTS_DIR"]:
    os.environ[name] = tempfile.mkdtemp(prefix=f"{name.lower()}-")
    atexit.register(shutil.rmtree, os.environ[name], ignore_errors=True)
# Playwright's event loop runs in the thread of the tests that use it; their database work is done between its calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"

django.setup()

# What a crash of the machine would lose is lost with the test database anyway; waiting for the disk takes minutes.
options = settings.DATABASES["default"].setdefault("OPTIONS", {})
if connection.vendor == "sqlite":
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
else:
    options["options"] = "-c synchronous_commit=off"
# Each client of a test would look at all files again, which are looked up one by one instead.
settings.WHITENOISE_AUTOREFRESH = True

from billing import immutable  # noqa: E402
from billing.periods import triggers as of_closed_periods  # noqa: E402
from customerflow.changes.models import Change, ChangeCount, ChangeSet  # noqa: E402
from customerflow.staff.hashers import Argon2Hasher  # noqa: E402

# A hash that is as hard as it should be takes longer than most tests.
Argon2Hasher.memory_cost, Argon2Hasher.time_cost = 8, 1

# How long an example takes depends on what else the machine does.
examples.register_profile("suite", deadline=None)
examples.load_profile("suite")

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}
# The first draws no window, and takes half the time.
BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def pytest_configure(config: pytest.Config) -> None:
    """
    Let each process that runs tests set Django up as this file says, with folders for files of its own.

    The one that only hands out tests would hand down whose settings they are, which pytest-django reads too early.
    """
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what stays until the end anyway: to look at all of it takes long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Mark as `once` what is the same on every database: the tests that ask none.

    (Those that pytest-django has not been told of cannot ask one: it refuses.)
    """
    for item in items:
        is_told = item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(item.fixturenames)
        if not is_told and not issubclass(getattr(item, "cls", None) or object, SimpleTestCase):
            item.add_marker(pytest.mark.once)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Take the machine's own Chromium, so that nothing is downloaded."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail("The browser tests need Chromium: install the package `chromium-headless-shell`.")
    # Chromium's sandbox does not work for root, which is who runs the tests in a container.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": path, "args": sandbox}


@pytest.fixture(autouse=True)
def _nothing_past_the_record(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no form, act or administration page that any test sends write anything outside of a change set."""
    if "db" not in request.fixturenames and not request.node.get_closest_marker("django_db"):
        return
    send = Client.post

    def post(self: Client, path: str, *args: object, **kwargs: object) -> object:
        past = ChangeSet.objects.filter(through=ChangeSet.Through.DIRECT)
        known = past.count()
        response = send(self, path, *args, **kwargs)
        if past.count() != known:
            pytest.fail(f"POST {path} changed records outside of a recording: see customerflow.changes")
        return response

    monkeypatch.setattr(Client, "post", post)


def _forget_a_flush(using: str, **_kwargs: object) -> None:
    """Forget that a test's flush emptied the tables: SQLite's is made of deletions, which the triggers write down."""
    for model in (Change, ChangeCount, ChangeSet):
        model.objects.using(using).all()._raw_delete(using)


post_migrate.connect(_forget_a_flush, sender=django.apps.apps.get_app_config("changes"))


empty_tables = flush.Command.handle


def _empty_tables(self: flush.Command, **options: object) -> None:
    """Let a test's flush delete what is on the books, on SQLite; `post_migrate` protects them again."""
    if connection.vendor == "sqlite":
        immutable.drop(connection)
        of_closed_periods.drop(connection)
    empty_tables(self, **options)


flush.Command.handle = _empty_tables


def _sql_flush(_operations: object, _style: object, tables: list[str], **_options: object) -> list[str]:
    """
    Return what empties the tables on PostgreSQL: deletions, which take a hundredth of the time of TRUNCATE.

    That makes new files for each table and index, even for those that are empty already. A replica asks neither
    triggers nor foreign keys. As with TRUNCATE, nobody else is at the tables meanwhile.
    """
    names = [connection.ops.quote_name(table) for table in tables]
    locked = f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"
    return [locked, "SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in names)]


if connection.vendor == "postgresql":
    # Of the class: the tests that drive a browser have a connection of their own.
    type(connection.ops).sql_flush = _sql_flush
