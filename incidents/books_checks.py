"""The rules of the books that are about incidents: what was given back has its document, and once."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter

from django.apps import apps
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from billing.books.check import Check, Violation, register
from billing.books.stored import stored_as_declared
from incidents.models import Credit

NOTE, SERVICE = "billing.creditnote", "customers.service"


def _given_twice(_on: date) -> Iterator[Violation]:
    """Yield the services that got something for the same minutes by two incidents, and which credit overlaps."""
    several = Credit.objects.live().order_by().values("service").annotate(count=Count("pk")).filter(count__gt=1)
    credits = Credit.objects.live().filter(service__in=several.values("service")).order_by("service", "pk")
    rows = credits.values_list("service", "incident__number", "spans").iterator(chunk_size=2_000)
    for service, of_service in groupby(rows, key=itemgetter(0)):
        spans = sorted((begin, end, number) for _service, number, each in of_service for begin, end in each)
        ends, last = 0, ""
        for begin, end, number in spans:
            if begin < ends:
                yield service, last, number
            if end > ends:
                ends, last = end, number


register(
    Check(
        "outage-credit-document",
        _("What is given back for an outage stands on the credit note that it names."),
        _("Find out what wrote it. Void the note, and post the credits of the incident again."),
        NOTE,
        _("The note gives back %(first)s, the credits of the incident %(second)s."),
        is_money=True,
        sql="""
            SELECT note_id, of_note, given FROM (
                SELECT credit.credit_note_id AS note_id, SUM(credit.amount) AS given,
                    (SELECT COALESCE(SUM(line.amount), 0) FROM billing_creditnoteline AS line
                     WHERE line.credit_note_id = credit.credit_note_id) AS of_note
                FROM incidents_credit AS credit WHERE credit.credit_note_id IS NOT NULL
                GROUP BY credit.credit_note_id
            ) AS found WHERE of_note <> given""",
    ),
    Check(
        "outage-credit-customer",
        _("A credit for an outage is the customer's whose note it names."),
        _("Find out what wrote it. Void the note, and post the credits of the incident again."),
        NOTE,
        _("It is of the customer #%(first)s, a credit on it of #%(second)s."),
        sql="""
            SELECT note.id, note.customer_id, credit.customer_id FROM incidents_credit AS credit
            JOIN billing_creditnote AS note ON note.id = credit.credit_note_id
            WHERE note.customer_id <> credit.customer_id""",
    ),
    Check(
        "outage-credit-twice",
        _("No minute of an outage is given back twice to a service."),
        _("Void the note of one of the two, and propose the credits of that incident again."),
        SERVICE,
        _("The incidents #%(first)s and #%(second)s give back the same minutes."),
        find=_given_twice,
    ),
)
for model in apps.get_app_config("incidents").get_models():
    register(*stored_as_declared(model))
