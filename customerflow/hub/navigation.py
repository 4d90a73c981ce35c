"""What the frame of every page offers: the navigation and the quick actions, as data."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from tickets.queues import QUEUES


@dataclass(frozen=True, eq=False)
class Link:
    """
    A place to go.

    `permissions` are the rights that one needs to see it, all of them; `query` narrows a list to what the label says.
    """

    label: str | Promise
    icon: str
    url_name: str
    permissions: tuple[str, ...] = ()
    query: str = ""
    # The queue of tickets that is counted beside it.
    counter: str = ""

    @cached_property
    def path(self) -> str:
        """Return the address without the query."""
        return reverse(self.url_name)

    @property
    def url(self) -> str:
        """Return the address."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def is_for(self, user: AbstractBaseUser) -> bool:
        """Say whether this person may follow it."""
        return user.has_perms(self.permissions)

    def nearness(self, request: HttpRequest) -> int:
        """Say how closely this link names the page that is shown: 0 is not at all, more is nearer."""
        path = self.path
        if self.query:
            asked = QueryDict(self.query).items()
            shown = request.path == path and all(request.GET.get(key) == value for key, value in asked)
            return len(path) + 1 if shown else 0
        inside = request.path.startswith(path) if path != "/" else request.path == path
        return len(path) if inside else 0


@dataclass(frozen=True)
class Group:
    """Links that belong together, under a heading (empty: none)."""

    label: str | Promise
    links: list[Link]


NAVIGATION = [
    Group("", [Link(_("Home"), "home", "home")]),
    Group(
        _("Customers"),
        [
            Link(_("Customers"), "users", "customers:customer_list", ("customers.view_customer",)),
            Link(_("Contacts"), "user", "customers:contact_list", ("customers.view_contact",)),
            Link(
                _("Likely duplicates"),
                "copy",
                "customers:duplicates",
                ("customers.view_customer", "customers.merge_customer"),
            ),
            Link(_("Locations"), "map-pin", "customers:location_list", ("customers.view_location",)),
            Link(_("Areas"), "map-pin", "customers:area_list", ("customers.view_area",)),
            Link(_("Services"), "wifi", "customers:service_list", ("customers.view_service",)),
            Link(_("Equipment"), "router", "customers:equipment_list", ("customers.view_equipment",)),
            Link(_("To collect"), "inbox", "customers:equipment_list", ("customers.view_equipment",), "left=closed"),
            Link(_("Plans"), "tag", "customers:plan_list", ("customers.view_plan",)),
            Link(_("Tax codes"), "adjustments", "customers:taxcode_list", ("customers.view_taxcode",)),
            Link(_("Register"), "list-details", "register", ("billing.view_invoice",)),
        ],
    ),
    Group(
        _("Billing"),
        [
            Link(_("Invoices"), "file-invoice", "billing:invoice_list", ("billing.view_invoice",)),
            Link(_("Payments"), "credit-card", "billing:payment_list", ("billing.view_payment",)),
            Link(_("Credit notes"), "note", "billing:creditnote_list", ("billing.view_creditnote",)),
            Link(_("Overdue"), "calendar-due", "billing:overdue_list", ("billing.view_invoice",)),
            Link(_("Worklist"), "list-check", "dunning:worklist", ("billing.view_invoice",)),
            Link(_("Reminders"), "mail", "dunning:notice_list", ("dunning.view_notice",)),
            Link(_("Reminder rules"), "adjustments", "dunning:rule_list", ("dunning.view_rule",)),
            Link(_("Reminder texts"), "note", "dunning:template_list", ("dunning.view_template",)),
            Link(_("Ageing"), "report-money", "billing:ageing", ("billing.view_invoice",)),
            Link(
                _("Cut-offs"),
                "bolt",
                "suspensions:forecast",
                ("suspensions.view_suspension", "billing.view_invoice"),
            ),
            Link(
                _("Suspensions"),
                "player-pause",
                "suspensions:suspension_list",
                ("suspensions.view_suspension",),
                "standing=open",
            ),
            Link(_("Billing runs"), "receipt", "billing:billingrun_list", ("billing.view_billingrun",)),
            Link(_("Leaks"), "filter", "reports:leaks", ("reports.view_foundleak",)),
            Link(_("Books check"), "circle-check", "billing:books", ("billing.view_invoice",)),
            Link(_("Journal"), "list-details", "billing:journal", ("billing.view_ledgeraccount",)),
        ],
    ),
    Group(
        _("Bank"),
        [
            Link(_("Bank lines"), "inbox", "bank:statementline_list", ("bank.view_statementline",), "state=open"),
            Link(_("Bank statements"), "building", "bank:statement_list", ("bank.view_statement",)),
            Link(_("Bank accounts"), "credit-card", "bank:bankaccount_list", ("bank.view_bankaccount",)),
            Link(_("Mandates"), "note", "bank:mandate_list", ("bank.view_mandate",)),
            Link(_("Direct debits"), "cash", "bank:collection_list", ("bank.view_collection",)),
        ],
    ),
    Group(
        _("Tickets"),
        [
            Link(_("Tickets"), "ticket", "tickets:ticket_list", ("tickets.view_ticket",)),
            Link(_("Incidents"), "bolt", "incidents:incident_list", ("incidents.view_incident",)),
            *(
                Link(QUEUES[name].label, icon, "tickets:ticket_list", ("tickets.view_ticket",), f"queue={name}", name)
                for name, icon in (
                    ("mine", "user"),
                    ("group", "users"),
                    ("unassigned", "inbox"),
                    ("soon", "clock"),
                    ("late", "alert-triangle"),
                )
            ),
            Link(
                _("E-mail to be sorted"),
                "mail",
                "tickets:incomingmail_list",
                ("tickets.view_incomingmail",),
                "state=waiting",
            ),
            Link(_("Board"), "list-details", "tickets:board", ("tickets.view_ticket",)),
            Link(_("Snoozed"), "player-pause", "tickets:ticket_list", ("tickets.view_ticket",), "queue=snoozed"),
            Link(_("My day"), "list-check", "visits:day", ("visits.view_visit",)),
            Link(_("Visits"), "calendar-due", "visits:visit_list", ("visits.view_visit",)),
            Link(_("Week of visits"), "calendar", "visits:week", ("visits.view_visit",)),
            Link(_("Checklists"), "list-check", "visits:checklist_list", ("visits.view_checklist",)),
            Link(_("Canned replies"), "note", "tickets:cannedreply_list", ("tickets.view_cannedreply",)),
            Link(_("Assignment rules"), "user-check", "tickets:assignmentrule_list", ("tickets.view_assignmentrule",)),
            Link(_("Closing rules"), "adjustments", "tickets:closingrule_list", ("tickets.view_closingrule",)),
            Link(_("SLA policies"), "adjustments", "tickets:slapolicy_list", ("tickets.view_slapolicy",)),
            Link(_("Calendars"), "calendar", "tickets:calendar_list", ("tickets.view_calendar",)),
            Link(_("Ticket types"), "list-check", "tickets:tickettype_list", ("tickets.view_tickettype",)),
        ],
    ),
    Group(
        _("Reports"),
        [
            Link(_("Revenue"), "report-money", "reports:revenue", ("billing.view_ledgeraccount",)),
            Link(_("Recurring revenue"), "report-money", "reports:recurring", ("billing.view_ledgeraccount",)),
            Link(_("Receivables over time"), "report-money", "reports:receivables", ("billing.view_ledgeraccount",)),
            Link(_("Tickets opened and solved"), "list-check", "reports:support_work", ("tickets.view_ticketevent",)),
            Link(_("First response"), "clock", "reports:support_first", ("tickets.view_ticketevent",)),
            Link(_("Cost of support"), "report-money", "reports:support_cost", ("billing.view_ledgeraccount",)),
        ],
    ),
    Group(
        _("Data"),
        [
            Link(_("Changes"), "history", "changes:changeset_list", ("changes.view_changeset",)),
            Link(_("Loads"), "database-import", "loads:load_list", ("loads.view_load",)),
            Link(_("Shadow billing"), "copy", "shadow:shadowrun_list", ("shadow.view_shadowrun",)),
            Link(_("Jobs"), "clock", "jobs:job_list", ("jobs.view_job",)),
            Link(_("Webhooks"), "external-link", "webhooks:endpoint_list", ("webhooks.view_endpoint",)),
        ],
    ),
    Group("", [Link(_("Administration"), "settings", "admin:index", ("staff.use_administration",))]),
]

QUICK_ACTIONS = [
    Link(_("Customer"), "user-plus", "customers:customer_create", ("customers.add_customer",)),
    Link(_("Location"), "map-pin", "customers:location_create", ("customers.add_location",)),
    Link(_("Service"), "wifi", "customers:service_create", ("customers.add_service",)),
    Link(_("Equipment"), "router", "customers:equipment_create", ("customers.add_equipment",)),
    Link(_("Payment"), "credit-card", "billing:payment_create", ("billing.add_payment",)),
    Link(_("Ticket"), "ticket", "tickets:ticket_create", ("tickets.add_ticket",)),
]


LINKS = [link for group in NAVIGATION for link in group.links]


def permitted(links: list[Link], user: AbstractBaseUser) -> tuple[Link, ...]:
    """Return those links that this person may follow."""
    return tuple(link for link in links if link.is_for(user))


def navigation_of(links: tuple[Link, ...]) -> list[Group]:
    """Return the navigation with these links alone; a group left empty is left out."""
    groups = [Group(group.label, [link for link in group.links if link in links]) for group in NAVIGATION]
    return [group for group in groups if group.links]


def current_link(links: tuple[Link, ...], request: HttpRequest) -> Link | None:
    """Return the link that names the page that is shown most closely, if any does."""
    nearest = max(links, key=lambda link: link.nearness(request), default=None)
    return nearest if nearest and nearest.nearness(request) else None
