"""Suspensions in the administration: only read; they begin and end by their own acts."""

from django.contrib import admin

from customerflow.administration import ReadOnlyAdmin, ReadOnlyInline
from suspensions.models import Cause, Hold, ParkedCustomer, Policy, QuietDay, SuspendedService, Suspension


class CauseInline(ReadOnlyInline):
    """The invoices for which somebody was suspended."""

    model = Cause
    fields = ("invoice", "amount")
    list_select_related = ("invoice",)


class SuspendedServiceInline(ReadOnlyInline):
    """The services that were turned off."""

    model = SuspendedService
    fields = ("service", "pause", "ended_on")
    list_select_related = ("service", "pause")


@admin.register(Suspension)
class SuspensionAdmin(ReadOnlyAdmin):
    """Who is suspended, or was."""

    list_display = ("__str__", "amount", "ended_on", "end")
    list_select_related = ("customer",)
    fields = ("customer", "began_on", "amount", "by", "ended_on", "end", "ended_by")
    inlines = (CauseInline, SuspendedServiceInline)


@admin.register(Cause)
class CauseAdmin(ReadOnlyAdmin):
    """For which invoices customers were suspended."""

    list_display = ("__str__", "suspension", "amount")
    list_select_related = ("invoice", "suspension__customer")
    fields = ("suspension", "invoice", "amount")


@admin.register(SuspendedService)
class SuspendedServiceAdmin(ReadOnlyAdmin):
    """Which services were turned off."""

    list_display = ("__str__", "suspension", "ended_on")
    list_select_related = ("service", "suspension__customer")
    fields = ("suspension", "service", "pause", "ended_on")


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Who is not suspended for a while."""

    list_display = ("__str__", "customer", "reason", "made_by")
    list_select_related = ("customer", "made_by")
    fields = ("customer", "first_day", "last_day", "reason", "made_by")


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    """The rules of suspension."""

    list_display = ("__str__", "is_on", "grace_days", "least_amount")
    fields = (
        "is_on",
        "grace_days",
        "least_amount",
        "days_after_reminder",
        "returns_on_promise",
        "quiet_weekdays",
        "keeps_holidays",
        "subdivision",
    )


@admin.register(QuietDay)
class QuietDayAdmin(ReadOnlyAdmin):
    """The operator's own days without cut-offs."""

    list_display = ("__str__", "is_yearly")
    fields = ("day", "name", "is_yearly")


@admin.register(ParkedCustomer)
class ParkedCustomerAdmin(ReadOnlyAdmin):
    """With whom the daily step could not deal."""

    list_display = ("customer", "step", "day", "reason")
    list_select_related = ("customer",)
    fields = ("customer", "step", "day", "reason", "parked_at")
