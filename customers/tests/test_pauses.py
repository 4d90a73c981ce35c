"""Pauses: a service is off on the days of any of them, and pauses for one reason do not overlap."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerflow.changes.recording import recording
from customerflow.changes.undoing import undo
from customerflow.staff.roles import TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.models import Pause, Service
from customers.pauses import end_pause, pause_service, remove_pause
from customers.subscriptions import end_service
from customers.tables import service_standing
from customers.tests.factories import make_service

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TODAY = date(2026, 11, 20)
VACATION, NON_PAYMENT = Pause.Reason.VACATION, Pause.Reason.NON_PAYMENT


def pause(service: Service, first: int = 0, last: int | None = None, reason: str = VACATION) -> Pause:
    last_day = None if last is None else TODAY + last * DAY
    return pause_service(service=service, on=TODAY, reason=reason, first_day=TODAY + first * DAY, last_day=last_day)


@pytest.mark.parametrize(
    ("reason", "is_charged"), [("vacation", False), ("fault", False), ("other", False), ("non_payment", True)]
)
def test_whether_the_days_are_charged_follows_from_the_reason(reason, is_charged):
    assert pause(make_service(), reason=reason).is_charged is is_charged


def test_it_can_be_said_whether_the_days_are_charged():
    service = make_service()
    assert pause_service(service=service, on=TODAY, reason=VACATION, is_charged=True).is_charged
    assert not pause_service(service=service, on=TODAY, reason=NON_PAYMENT, is_charged=False).is_charged


def test_a_pause_without_a_day_begins_today_and_goes_on_until_further_notice():
    found = pause_service(service=make_service(), on=TODAY, reason=VACATION)
    assert (found.first_day, found.last_day) == (TODAY, None)


def test_a_service_is_not_off_before_it_begins_or_after_it_has_ended():
    service = make_service(starts_on=TODAY)
    with pytest.raises(ValidationError, match="begins on 2026-11-20"):
        pause(service, -1)
    end_service(service=service, last_day=TODAY + DAY)
    pause(service, 1)
    with pytest.raises(ValidationError, match="ends on 2026-11-21"):
        pause(service, 2, reason=NON_PAYMENT)


def test_a_pause_ends_on_its_first_day_at_the_earliest():
    found = pause(make_service())
    assert end_pause(pause=found, last_day=TODAY).last_day == TODAY
    with pytest.raises(ValidationError, match="Remove it"):
        end_pause(pause=found, last_day=TODAY - DAY)


def test_a_pause_does_not_grow_into_the_next_one_for_the_same_reason():
    service = make_service()
    first, _second = pause(service, 0, 3), pause(service, 6, 8)
    end_pause(pause=first, last_day=TODAY + 5 * DAY)
    with pytest.raises(ValidationError, match="already"):
        end_pause(pause=first, last_day=TODAY + 6 * DAY)


def test_a_removed_pause_comes_back_unless_another_took_its_days():
    service = make_service()
    first = pause(service, 0, 3)
    with recording("Removed") as removed:
        remove_pause(pause=first)
    other = pause(service, 2)
    assert undo(removed.change_set).left_alone
    remove_pause(pause=other)
    assert undo(removed.change_set).left_alone == 0
    assert str(service.pauses.get()) == str(first)


SPANS = st.lists(
    st.tuples(st.integers(0, 20), st.one_of(st.none(), st.integers(0, 6)), st.sampled_from(list(Pause.Reason))),
    max_size=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=SPANS)
def test_no_day_is_in_two_pauses_for_one_reason_and_none_is_refused_without_need(spans):
    service = make_service()
    taken: set[tuple[str, int]] = set()
    for first, length, reason in spans:
        days = {(reason, day) for day in range(first, 100 if length is None else first + length + 1)}
        try:
            pause(service, first, None if length is None else first + length, reason)
        except ValidationError:
            assert days & taken
        else:
            assert not days & taken
            taken |= days
    for day in range(30):
        is_off = any(number == day for _reason, number in taken)
        assert service.pauses.on(TODAY + day * DAY).exists() is is_off
        assert (service in Service.objects.paused(TODAY + day * DAY)) is is_off


def test_a_service_says_until_when_it_is_off(client):
    client.force_login(make_user(is_superuser=True))
    today = timezone.localdate()
    service = make_service(starts_on=today)
    assert service_standing(service) == "Active"
    for days, said in ((3, f"until {today + 3 * DAY}"), (None, "until further notice")):
        last_day = today + days * DAY if days else ""
        reason = "fault" if days else "other"
        typed = {"reason": reason, "first_day": today, "last_day": last_day, "version": service.version}
        assert client.post(f"/services/{service.pk}/pause/", typed).status_code == 302
        for page in (f"/services/{service.pk}/", "/services/?status=paused", f"/locations/{service.location_id}/"):
            assert f"<small>{said}</small>" in client.get(page).content.decode()
    assert service_standing(service) == f"Paused {said}"
    assert said in b"".join(client.get("/services/?export=csv").streaming_content).decode()


def test_a_pause_is_ended_and_removed_from_the_page_of_its_service(client):
    client.force_login(make_user(is_superuser=True))
    today = timezone.localdate()
    found = pause_service(service=make_service(), on=today, reason=VACATION)
    page = f"/services/{found.service_id}/pauses/{found.pk}"
    refused = client.post(f"{page}/end/", {"last_day": today - DAY})
    assert "Remove it, if it was never meant" in refused.content.decode()
    client.post(f"{page}/end/", {"last_day": today + DAY})
    found.refresh_from_db()
    assert found.last_day == today + DAY
    client.post(f"{page}/remove/")
    assert not Pause.objects.exists()


def test_who_may_not_change_services_cannot_pause_them(client):
    client.force_login(make_user(TECHNICIAN))
    service = make_service()
    assert "pause/" not in client.get(f"/services/{service.pk}/").content.decode()
    assert client.get(f"/services/{service.pk}/pause/").status_code == 403
