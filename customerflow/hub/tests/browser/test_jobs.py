"""The page of a job in a browser: it follows the job until that has ended, and works without JavaScript."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.scripting import without_javascript
from customerflow.jobs.leases import hold
from customerflow.jobs.models import Job


@pytest.fixture
def job(live_server) -> Job:
    hold("host-1", 600)
    fields = {"state": Job.State.RUNNING, "is_confirmed": True, "total": 1_204, "done": 602}
    return Job.objects.create(kind="forgotten", title="Change of plans", resumed_at=timezone.now(), **fields)


def test_the_page_follows_the_job_until_it_has_ended(staff: Page, job):
    staff.goto(job.get_absolute_url())
    expect(staff.get_by_text("602 of 1,204")).to_be_visible()
    staff.get_by_role("button", name="Stop").focus()
    Job.objects.update(done=900)
    expect(staff.get_by_text("900 of 1,204")).to_be_visible()
    # Who is about to press it is not interrupted.
    expect(staff.get_by_role("button", name="Stop")).to_be_focused()
    Job.objects.update(done=1_204, state=Job.State.FINISHED, finished_at=timezone.now())
    expect(staff.get_by_text("Finished", exact=True).first).to_be_visible()
    expect(staff.get_by_role("button", name="Stop")).to_have_count(0)
    expect(staff.locator("#announcer")).to_have_text("Finished")
    asked = []
    staff.on("request", lambda request: asked.append(request.url))
    staff.wait_for_timeout(2_500)
    assert asked == []


def test_a_job_is_stopped_and_continued_by_its_buttons(staff: Page, job):
    staff.goto(job.get_absolute_url())
    staff.get_by_role("button", name="Stop").click()
    expect(staff.get_by_text("Stopped: Change of plans.")).to_be_visible()
    staff.get_by_role("button", name="Continue").click()
    expect(staff.get_by_text("It goes on: Change of plans.")).to_be_visible()
    job.refresh_from_db()
    assert (job.state, job.done) == (Job.State.WAITING, 602)


@without_javascript
def test_without_javascript_the_page_says_to_load_it_again(staff: Page, job):
    staff.goto(job.get_absolute_url())
    Job.objects.update(done=900)
    staff.get_by_role("link", name="Reload this page").click()
    expect(staff.get_by_text("900 of 1,204")).to_be_visible()
    staff.get_by_role("button", name="Stop").click()
    expect(staff.get_by_text("Stopped: Change of plans.")).to_be_visible()
