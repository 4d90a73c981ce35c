"""
The rules of the books of this app, each checked by one query: see `billing.books.check`.

A further check is registered here, or in the `books_checks.py` of the app that it is about.
"""

from django.apps import apps

from billing.books import coverage, documents, numbers, periods, services, settling, stored
from billing.books.check import register

register(
    *documents.CHECKS,
    *settling.CHECKS,
    *numbers.CHECKS,
    *services.CHECKS,
    *coverage.CHECKS,
    *periods.CHECKS,
    *stored.CHECKS,
)
for label in ("customers", "billing"):
    for model in apps.get_app_config(label).get_models():
        register(*stored.stored_as_declared(model))
