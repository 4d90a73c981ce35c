from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customerflow.jobs.leases import hold
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue, run_now, stop
from customerflow.jobs.tests.works import Loading, open_job
from customerflow.staff.roles import MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user

pytestmark = pytest.mark.django_db
State = Job.State


@pytest.fixture
def person(client):
    """Somebody without any right, who is logged in."""
    user = make_user()
    client.force_login(user)
    return user


def page(client, job: Job) -> str:
    return client.get(job.get_absolute_url()).content.decode()


def press(client, job: Job, act: str):
    return client.post(reverse(f"jobs:job_{act}", args=[job.pk]), follow=True)


def listed(client, **filters: object) -> list[str]:
    response = client.get(reverse("jobs:job_list"), filters)
    assert response.status_code == 200
    return [job.title for job in response.context["page"].rows]


def open_titled(title: str, **fields: object) -> Job:
    job = open_job(1, by=fields.pop("by", None))
    Job.objects.filter(pk=job.pk).update(title=title, **fields)
    job.refresh_from_db()
    return job


def test_everybody_sees_their_own_jobs_and_with_the_right_those_of_all(client, person):
    open_titled("Mine", by=person)
    open_titled("Other", by=make_user())
    open_titled("By command")
    assert listed(client) == ["Mine"]
    client.force_login(make_user(SUPPORT))
    assert listed(client) == ["By command", "Other", "Mine"]


def test_the_list_is_filtered_by_state_kind_and_person(client):
    manager = make_user(MANAGER, username="mary")
    client.force_login(manager)
    open_titled("A", by=manager, state=State.FAILED)
    open_titled("B", by=manager)
    open_titled("C", state=State.FAILED, kind="forgotten")
    assert listed(client, state="failed", kind="test_loading") == ["A"]
    assert listed(client, state="failed") == ["C", "A"]
    assert listed(client, by="mary") == ["B", "A"]


def test_who_sees_only_their_own_jobs_cannot_ask_for_those_of_others(client, person):
    other = make_user(username="other")
    open_titled("Other", by=other)
    response = client.get(reverse("jobs:job_list"), {"by": "other"})
    assert response.context["problems"]
    assert "Other" not in response.content.decode()


def test_the_job_of_somebody_else_is_closed_without_the_right(client, person):
    job = open_job(1, by=make_user())
    enqueue(job)
    assert client.get(job.get_absolute_url()).status_code == 403
    assert {press(client, job, act).status_code for act in ("stop", "continue", "retry")} == {403}
    job.refresh_from_db()
    assert job.state == State.WAITING


def test_who_may_see_a_job_may_not_stop_it(client):
    job = open_job(1, by=make_user())
    enqueue(job)
    client.force_login(make_user(SUPPORT))
    assert "Stop" not in page(client, job)
    assert press(client, job, "stop").status_code == 403


def test_a_manager_stops_and_continues_the_job_of_somebody_else(client):
    job = open_job(1, by=make_user())
    enqueue(job)
    client.force_login(make_user(MANAGER))
    press(client, job, "stop")
    job.refresh_from_db()
    assert job.state == State.STOPPED
    press(client, job, "continue")
    job.refresh_from_db()
    assert job.state == State.WAITING


def test_everybody_stops_and_continues_their_own(client, person):
    job = open_job(1, by=person)
    enqueue(job)
    assert "Stopped: " in press(client, job, "stop").content.decode()
    assert "It goes on: " in press(client, job, "continue").content.decode()


def test_what_was_refused_is_tried_again_where_the_work_can(client, person, monkeypatch):
    job = open_job(2, by=person, refuses=[0])
    run_now(job)
    assert "Try refused again" in page(client, job)
    press(client, job, "retry")
    job.refresh_from_db()
    assert (job.state, job.refused) == (State.WAITING, 0)
    Job.objects.update(state=State.FINISHED, refused=1)
    monkeypatch.setattr(Loading, "can_retry_refused", False)
    assert "Try refused again" not in page(client, job)


@pytest.mark.parametrize("act", ["stop", "continue", "retry"])
def test_an_act_that_is_not_possible_any_more_says_so(client, person, act):
    job = open_job(1, by=person)
    run_now(job)
    response = press(client, job, act)
    assert response.status_code == 200
    assert "notice-error" in response.content.decode()
    job.refresh_from_db()
    assert job.state == State.FINISHED


@pytest.mark.parametrize("act", ["stop", "continue", "retry"])
def test_reading_the_address_of_an_act_does_nothing(client, person, act):
    job = open_job(1, by=person)
    enqueue(job)
    assert client.get(reverse(f"jobs:job_{act}", args=[job.pk])).status_code == 405
    job.refresh_from_db()
    assert job.state == State.WAITING


def test_the_page_is_loaded_again_until_the_job_has_ended(client, person):
    job = open_job(1, by=person)
    enqueue(job)
    assert 'hx-trigger="every 2s"' in page(client, job)
    stop(job)
    assert "hx-trigger" not in page(client, job).partition('id="job"')[2]


def test_the_page_says_how_far_it_is_and_how_long_it_takes_yet(client, person):
    hold("host-1", 60)
    job = open_job(1_000, by=person)
    begun = timezone.now() - timedelta(minutes=10)
    Job.objects.update(state=State.RUNNING, done=180, refused=20, resumed_at=begun, resumed_with=0)
    html = page(client, job)
    assert '<progress max="1000" value="200"' in html
    assert "200 of 1,000: 180 done, 20 refused" in html
    # Blanks that do not break are Django's.
    assert "About 20 a minute, 40 minutes left." in html.replace("\xa0", " ")


def test_a_quick_job_says_how_many_a_second(client, person):
    hold("host-1", 60)
    job = open_job(1_000, by=person)
    begun = timezone.now() - timedelta(seconds=10)
    Job.objects.update(state=State.RUNNING, done=800, resumed_at=begun, resumed_with=0)
    assert "a second, less than a minute left." in page(client, job)


def test_the_page_says_why_a_job_failed(client, person):
    job = open_job(1, by=person, ends_at=0)
    run_now(job)
    assert "The file is gone." in page(client, job)


def test_the_page_says_when_there_is_no_worker(client, person):
    job = open_job(9, by=person)
    enqueue(job)
    Job.objects.update(done=3, resumed_at=timezone.now() - timedelta(seconds=3))
    assert "No worker is running" in page(client, job)
    assert "left." not in page(client, job)
    hold("host-1", 60)
    assert "No worker is running" not in page(client, job)


def test_the_work_shows_its_part_of_the_page(client, person, monkeypatch, tmp_path, settings):
    (tmp_path / "loading.html").write_text(
        '{% extends "jobs/job_detail.html" %}{% block result %}<p>Loaded by {{ who }}</p>{% endblock %}'
    )
    templates = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**templates, "DIRS": [*templates["DIRS"], tmp_path]}]
    monkeypatch.setattr(Loading, "template", "loading.html")
    monkeypatch.setattr(Loading, "context", lambda _self, job, request: {"who": request.user.username})
    assert f"Loaded by {person.username}" in page(client, open_job(1, by=person))


def test_a_job_of_a_kind_that_is_known_no_more_is_still_shown(client, person):
    job = open_titled("Old", by=person, kind="forgotten", is_confirmed=True, refused=1, state=State.FINISHED)
    assert "forgotten" in page(client, job)
    assert "notice-error" in press(client, job, "retry").content.decode()
