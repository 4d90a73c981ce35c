"""What the page of one record shows of another list: its newest rows, and the way to all of them."""

from django.db import models
from django.http import QueryDict
from django.urls import reverse

from customerflow.paging import COUNT_LIMIT
from customerflow.tables import Table

ROWS = 10


def panel(table: type[Table], rows: models.QuerySet, **filters: str) -> dict[str, object]:
    """
    Return what `crud/_panel.html` shows: the first ten of `rows`, how many there are, and the list's address.

    `rows` are in their model's own order; `filters` are what the list must be filtered by to show exactly them.
    """
    first = list(table.prepare(rows)[: ROWS + 1])
    count = len(first) if len(first) <= ROWS else rows.order_by()[: COUNT_LIMIT + 1].count()
    query = QueryDict(mutable=True)
    query.update(filters)
    opts = rows.model._meta
    return {
        "opts": opts,
        "kinds": opts.verbose_name_plural,
        "headings": table.columns,
        "table": table(first[:ROWS]),
        "count": min(count, COUNT_LIMIT),
        "is_capped": count > COUNT_LIMIT,
        "has_more": count > ROWS,
        "url": f"{reverse(f'{opts.app_label}:{opts.model_name}_list')}?{query.urlencode()}",
    }
