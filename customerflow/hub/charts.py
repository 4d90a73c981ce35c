"""The small charts of the home page: recurring revenue and customers by month, and what is owed by its age."""

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


CHARTS = (
    ("recurring", _("Monthly recurring revenue"), "reports:recurring", lambda on: _by_month(recurring, on)),
    ("customers", _("Customers by month"), "reports:churn", lambda on: _by_month(churn, on)),
    ("ageing", _("What is open, by age"), "billing:ageing", ageing),
)


def charts(user: AbstractBaseUser, on: date) -> Iterator[SmallChart]:
    """
    Yield the charts that `user` may see, as of the day `on`; each is worked out once in ten minutes.

    Of very many services the months are left to the reports: the home page waits for nothing that takes seconds.
    """
    if not user.has_perm("billing.view_ledgeraccount"):
        return
    are_many = count_of(Service.objects.all()) > COUNT_LIMIT
    for name, title, url_name, figures in CHARTS:
        if are_many and name != "ageing":
            continue
        key = f"chart:{name}:{on}:{get_language()}"
        found = cache.get_or_set(key, lambda figures=figures: (chart_of(figures(on)),), AGE)
        if found[0]:
            yield SmallChart(name, title, reverse(url_name), found[0])
