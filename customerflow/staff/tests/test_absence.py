"""Being away."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from customerflow.staff.absence import be_away
from customerflow.staff.models import User
from customerflow.staff.tests.factories import make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


def test_the_last_day_away_counts_and_who_has_left_is_never_there():
    here, away, gone = make_user(), make_user(away_until=TODAY), make_user(is_active=False)
    assert list(User.objects.present(TODAY).order_by("pk")) == [here]
    assert list(User.objects.present(date(2026, 3, 3)).order_by("pk")) == [here, away]
    assert gone not in User.objects.present(TODAY)


def test_nobody_is_away_until_a_day_that_is_over():
    with pytest.raises(ValidationError, match="2026-03-01 is over"):
        be_away(user=make_user(), until=date(2026, 3, 1), on=TODAY)


@time_machine.travel("2026-03-02 12:00Z")
def test_one_says_on_ones_own_page_until_when_one_is_away(client):
    me = make_user()
    client.force_login(me, backend="customerflow.staff.backends.GroupsBackend")
    page = client.post(reverse("account"), {"until": "2026-03-09"}, follow=True).content.decode()
    me.refresh_from_db()
    assert me.away_until == date(2026, 3, 9)
    assert "You are away until 2026-03-09." in page
    assert "is over" in client.post(reverse("account"), {"until": "2026-02-01"}).content.decode()
    client.post(reverse("account"), {"until": ""})
    me.refresh_from_db()
    assert me.away_until is None
