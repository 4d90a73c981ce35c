"""The small charts of the home page: revenue, customers and tickets by month, and what is owed by its age."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.ageing import BUCKETS, AgeingRows
from customerflow.hub.figures import count_of
from customerflow.paging import COUNT_LIMIT
from customers.models import Service
from reports.chart import Chart, chart_of
from reports.figures import churn, recurring
from reports.months import months, months_before
from reports.report import Figures, Series
from reports.support.counting import Asked
from reports.support.figures import work
from reports.support.periods import Step, periods

MONTHS = 6
# So many seconds a chart is kept: nobody waits for it twice.
AGE = 600


@dataclass(frozen=True)
class SmallChart:
    """A chart, what it is called, and the report that it is of."""

    name: str
    title: str | Promise
    address: str
    chart: Chart


def ageing(on: date) -> Figures:
    """Return what is open today by its age."""
    _count, aged = AgeingRows(on, on).totals()
    series = Series(_t("Open"), [getattr(aged, bucket.name) for bucket in BUCKETS])
    return Figures("", [], [], [str(bucket.label) for bucket in BUCKETS], [series])


def _by_month(report: Callable, on: date) -> Figures:
    return report(months(months_before(on, MONTHS - 1), on, on), on)


def tickets(on: date) -> Figures:
    """Return the tickets that were opened and solved, by month."""
    return work(Asked(periods(months_before(on, MONTHS - 1), on, Step.MONTH)))


MONEY, TICKETS = "billing.view_ledgeraccount", "tickets.view_ticketevent"
CHARTS = (
    ("recurring", _("Monthly recurring revenue"), "reports:recurring", MONEY, lambda on: _by_month(recurring, on)),
    ("customers", _("Customers by month"), "reports:churn", MONEY, lambda on: _by_month(churn, on)),
    ("ageing", _("What is open, by age"), "billing:ageing", MONEY, ageing),
    ("tickets", _("Tickets opened and solved"), "reports:support_work", TICKETS, tickets),
)
# They take seconds where there are very many services.
BY_SERVICE = {"recurring", "customers"}


def charts(user: AbstractBaseUser, on: date) -> Iterator[SmallChart]:
    """
    Yield the charts that `user` may see, as of the day `on`; each is worked out once in ten minutes.

    Of very many services the months are left to the reports: the home page waits for nothing that takes seconds.
    """
    allowed = [chart for chart in CHARTS if user.has_perm(chart[3])]
    are_many = bool(allowed) and count_of(Service.objects.all()) > COUNT_LIMIT
    for name, title, url_name, _right, figures in allowed:
        if are_many and name in BY_SERVICE:
            continue
        key = f"chart:{name}:{on}:{get_language()}"
        found = cache.get_or_set(key, lambda figures=figures: (chart_of(figures(on)),), AGE)
        if found[0]:
            yield SmallChart(name, title, reverse(url_name), found[0])
