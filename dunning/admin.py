"""Promises and the worklist in the administration: only read, as the acts write them."""

from django.contrib import admin

from customerflow.administration import ReadOnlyAdmin, ReadOnlyInline
from dunning.models import Assignment, ContactAttempt, NextAction, Promise, PromisedInvoice

# Registered once it is imported.
from dunning.reminders import admin as _of_reminders  # noqa: F401


class PromisedInvoiceInline(ReadOnlyInline):
    """The invoices of a promise."""

    model = PromisedInvoice
    fields = ("invoice",)


@admin.register(Promise)
class PromiseAdmin(ReadOnlyAdmin):
    """Promises to pay."""

    list_display = ("__str__", "customer", "promised_on", "withdrawn_on")
    list_select_related = ("customer",)
    searched_by = "customer"
    inlines = (PromisedInvoiceInline,)


@admin.register(PromisedInvoice)
class PromisedInvoiceAdmin(ReadOnlyAdmin):
    """The invoices of promises."""

    list_display = ("__str__", "invoice")
    list_select_related = ("promise", "invoice")
    searched_by = "invoice"


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    """Who looks after whom."""

    list_display = ("__str__", "assigned_on")
    list_select_related = ("customer", "owner")
    searched_by = "customer"


@admin.register(ContactAttempt)
class ContactAttemptAdmin(ReadOnlyAdmin):
    """Who was spoken to."""

    list_display = ("__str__", "customer", "note")
    list_select_related = ("customer",)
    searched_by = "customer"


@admin.register(NextAction)
class NextActionAdmin(ReadOnlyAdmin):
    """What comes next."""

    list_display = ("__str__", "customer", "note", "done_on")
    list_select_related = ("customer",)
    searched_by = "customer"
