"""What a load balancer asks: is the process alive, and can it serve?"""

import logging
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customerflow.changes.triggers import all_missing_triggers

log = logging.getLogger(__name__)


@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Answer, whatever the database does."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database answers, its schema is this program's and no trigger is missing; 503 otherwise."""
    try:
        missing = last_migrations() - MigrationRecorder(connection).applied_migrations().keys()
        is_guarded = not missing and not all_missing_triggers(connection)
    except DatabaseError:
        log.exception("The database does not answer.")
        return HttpResponse("no database", status=503, content_type="text/plain")
    if missing:
        return HttpResponse("migrations are missing", status=503, content_type="text/plain")
    if not is_guarded:
        return HttpResponse("triggers are missing: run manage.py migrate", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@cache
def last_migrations() -> set[tuple[str, str]]:
    """Return the last migration of each app, as the program has them."""
    return set(MigrationLoader(None).graph.leaf_nodes())
