"""Every page with the files of production: a page that names a file that is not there is an error only with these."""

from io import StringIO

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

from customerflow.hub.templatetags import frame
from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user
from customerflow.tests.pages import make_one_of_each, pages

pytestmark = pytest.mark.once
MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
# What remembers the addresses of files.
REMEMBERED = [frame.icon, frame.asset, frame._navigation, frame._quick_actions]


@pytest.fixture
def files_of_production(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": MANIFEST}}
    call_command("collectstatic", interactive=False, stdout=StringIO())
    forget_addresses()
    yield
    # What pages would remember of these files is not where the next test looks for it.
    forget_addresses()


def forget_addresses() -> None:
    for remembered in REMEMBERED:
        remembered.cache_clear()


@pytest.mark.django_db
def test_every_page_names_only_files_that_are_there(files_of_production, client):
    make_one_of_each()
    addresses = {page: page.address() for page in pages()}
    client.raise_request_exception = False
    assert client.get("/login/").status_code == 200
    client.force_login(make_user(ADMINISTRATOR))
    assert {page for page, address in addresses.items() if client.get(address).status_code >= 500} == set()


@pytest.mark.django_db
def test_a_page_that_names_a_missing_file_would_be_found(files_of_production):
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        staticfiles_storage.url("customerflow/nothing.css")
