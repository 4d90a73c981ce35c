"""The whole way of a load in a browser: dropped or picked, looked at, checked, loaded, taken back."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customerflow.hub.tests.browser.watching import Watch
from customerflow.jobs.leases import hold
from customerflow.jobs.models import Job
from customerflow.jobs.running import run_turn
from customerflow.loads import making
from customerflow.loads.models import Load
from customers.models import Customer
from customers.tests.factories import make_customer

ROWS = "No;Name;Email;Phone\n1;Ann;ann@example.com;\n2;Bob;;555 1234\n3;Cem;no address;\n"
FILE = {"name": "old customers.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
# What the browser does when a file is dropped.
DROP = """(area, text) => {
    const files = new DataTransfer();
    files.items.add(new File([text], "dropped.csv"));
    area.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def files_kept(live_server):
    yield
    for load in Load.objects.all():
        for upload in load.uploads.exclude(file=""):
            upload.file.delete()


def send(page: Page) -> None:
    page.goto(reverse("loads:load_create"))
    page.get_by_label("What is in the file").select_option("customers")
    page.get_by_label("Files").set_input_files(FILE)
    page.get_by_role("button", name="Send").click()


@with_and_without_javascript
def test_a_file_goes_its_whole_way_and_is_taken_back(staff: Page, watch: Watch, files_kept, javascript: str):
    make_customer(number="2", name="Bobby", email="", phone="555 1234")
    staff.goto(reverse("loads:load_list"))
    staff.get_by_role("link", name="New load").click()
    assert javascript == "off" or failures(staff, watch) == []
    send(staff)
    expect(staff.locator("h1")).to_have_text("old customers.csv")
    staff.get_by_label("No", exact=True).select_option("ID")
    assert javascript == "off" or failures(staff, watch) == []
    staff.get_by_role("button", name="Check").click()
    expect(staff.get_by_text("1 row is refused")).to_be_visible()
    assert javascript == "off" or failures(staff, watch) == []
    staff.get_by_role("link", name="Changed 1").click()
    expect(staff.get_by_role("cell", name="Bobby")).to_be_visible()
    staff.get_by_role("link", name="old customers.csv").click()
    with staff.expect_download() as download:
        staff.get_by_role("link", name="Refused rows as a file").click()
    assert "no address" in download.value.path().read_text()
    staff.get_by_role("button", name="Load without the 1 refused row").click()
    expect(staff.get_by_text("Loaded").first).to_be_visible()
    assert sorted(Customer.objects.values_list("number", "name")) == [("1", "Ann"), ("2", "Bob")]
    assert javascript == "off" or failures(staff, watch) == []
    staff.get_by_role("link", name="Undo", exact=True).click()
    staff.get_by_role("button", name="Undo", exact=True).click()
    expect(staff.get_by_text("Bobby").first).to_be_visible()
    assert sorted(Customer.objects.values_list("number", "name")) == [("2", "Bobby")]
    staff.goto(reverse("loads:load_list"))
    expect(staff.get_by_text("Undone")).to_be_visible()


def test_files_are_dropped_on_their_field(staff: Page, files_kept):
    staff.goto(reverse("loads:load_create"))
    staff.locator("[data-drop]").evaluate(DROP, ROWS)
    expect(staff.get_by_text("dropped.csv · 0.1 kB")).to_be_visible()
    staff.get_by_label("What is in the file").select_option("customers")
    staff.get_by_role("button", name="Send").click()
    expect(staff.locator("h1")).to_have_text("dropped.csv")


def test_files_that_are_too_large_are_not_sent(staff: Page):
    staff.goto(reverse("loads:load_create"))
    staff.locator("[data-drop]").evaluate("area => area.dataset.limit = 10")
    staff.get_by_label("Files").set_input_files(FILE)
    expect(staff.get_by_text("too large to be sent at once")).to_be_visible()
    staff.get_by_role("button", name="Send").click()
    assert not Load.objects.exists()


def test_the_page_follows_the_check_of_a_worker_until_that_has_ended(
    staff: Page, watch: Watch, files_kept, monkeypatch
):
    monkeypatch.setattr(making, "AT_ONCE", 0)
    hold("host-1", 600)
    send(staff)
    staff.get_by_label("No", exact=True).select_option("ID")
    staff.get_by_role("button", name="Check").click()
    expect(staff.get_by_text("You may leave this page")).to_be_visible()
    assert failures(staff, watch) == []
    job = Job.objects.get()
    Job.objects.update(done=600, total=1_204)
    expect(staff.get_by_text("600 of about 1,204 rows")).to_be_visible()
    run_turn(job.pk, job.turn, seconds=60)
    expect(staff.get_by_text("1 row is refused")).to_be_visible()
    expect(staff.get_by_role("button", name="Stop")).to_have_count(0)
    expect(staff.locator("#load-state")).to_have_text("Checked")
    expect(staff.locator("#announcer")).to_have_text("Checked")
