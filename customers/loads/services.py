"""How plans and services are loaded and exported."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.loads.applying import Application
from customerflow.loads.cleaning import Day, amount, choice, given, ip_address, text, whole_number, yes_or_no
from customerflow.loads.declaration import Column, Declaration, Reference, record_id, register
from customerflow.loads.rules import Rule, needed, stays
from customers.loads.prices import add_first_prices, change_prices
from customers.models import Plan, Service
from customers.models.plan import MOST_MBPS
from customers.referents import CUSTOMER, LOCATION, PLAN, TAX_CODE, Numbered

CLOSED = _("The customer's account is closed, and the service would go on after that day. Reopen the account first.")


@register
class PlanLoad(Declaration):
    """The catalogue, found by name."""

    model = Plan
    kind = "plans"
    keys = (("id",), ("name",))
    columns = (
        record_id(),
        Column("Name", "name", text(100, required=True), aliases=("Plan",), is_required=False),
        Column("Kind", "kind", choice(Plan.Kind), is_required=False),
        Column("Download Mbps", "download_mbps", whole_number(0, MOST_MBPS), aliases=("Download",), is_required=False),
        Column("Upload Mbps", "upload_mbps", whole_number(0, MOST_MBPS), aliases=("Upload",), is_required=False),
        Column("Price", "price", amount(), aliases=("Monthly Price",), is_required=False),
        Reference("Tax Code", "tax_code_id", referent=TAX_CODE, path="tax_code__name", is_required=False),
        Column("Needs Equipment", "needs_equipment", yes_or_no, is_required=False),
        Column("Offered", "is_offered", yes_or_no, is_required=False),
    )
    rules = (needed("Name", "name"), needed("Price", "price"))
    title = "COALESCE(new.name, '#' || new.id, '')"


@register
class ServiceLoad(Declaration):
    """
    Services, found by login, by name at a location, or by plan there.

    A plan gives the name and the cost that are not given. A new cost is in force from the day of the load on.
    """

    model = Service
    kind = "services"
    keys = (("id",), ("login",), ("location_id", "name"), ("location_id", "plan_id"))
    columns = (
        record_id(),
        Reference(
            "Customer",
            "customer_id",
            referent=CUSTOMER,
            path="location__customer__number",
            is_required=False,
            is_locked=True,
        ),
        Reference(
            "Location",
            "location_id",
            referent=LOCATION,
            within="customer_id",
            is_only_one=True,
            path=Numbered("location_id"),
            is_required=False,
        ),
        Reference("Plan", "plan_id", referent=PLAN, path="plan__name", is_required=False),
        Column("Name", "name", given(text(100)), aliases=("Service",), is_required=False),
        Column("Cost", "cost", amount(), aliases=("Price",), is_required=False),
        Column("Billing Interval", "billing_interval", choice(Service.Interval), is_required=False),
        Column("Starts On", "starts_on", Day(), aliases=("Start",), is_required=False),
        Column("Ends On", "ends_on", Day(), aliases=("End",), is_required=False),
        Column("Charged From", "charged_from", Day(), is_required=False),
        Column("Setup Fee", "setup_fee", amount(), is_required=False),
        Column("Contract Ends On", "contract_ends_on", Day(), is_required=False),
        Column("Early Termination Fee", "early_termination_fee", amount(), is_required=False),
        Column("Login", "login", given(text(100)), aliases=("User Name",), is_required=False),
        Column("IP Address", "ip_address", ip_address, aliases=("IP",), is_required=False),
        Column("Port", "port", given(text(100)), is_required=False),
    )
    rules = (
        needed("Location", "location_id"),
        needed("Starts On", "starts_on"),
        stays("Location", "location_id"),
        Rule("Name", "old.id IS NULL AND COALESCE(new.name, {plan_id.name}) IS NULL", _("Give a name, or a plan.")),
        Rule("Cost", "old.id IS NULL AND COALESCE(new.cost, {plan_id.price}) IS NULL", _("Give a cost, or a plan.")),
        Rule(
            "Ends On",
            "COALESCE(new.ends_on, old.ends_on) < COALESCE(new.starts_on, old.starts_on)",
            _("The last day must not be before the first."),
        ),
        Rule(
            "Cost",
            "new.cost <> old.cost AND COALESCE(new.ends_on, old.ends_on) < {today}",
            _("The service has ended: what it cost is not changed any more."),
        ),
        Rule(
            "Customer",
            """
                old.id IS NULL AND {customer_id.status} = 'closed'
                AND (new.ends_on IS NULL OR new.ends_on > {customer_id.closed_on})
            """,
            CLOSED,
            is_last=True,
        ),
        Rule(
            "Ends On",
            """
                EXISTS (
                    SELECT 1 FROM customers_location AS place
                    JOIN customers_customer AS customer ON customer.id = place.customer_id
                    WHERE place.id = old.location_id AND customer.status = 'closed'
                    AND new.ends_on > customer.closed_on
                )
            """,
            CLOSED,
            of_changes=True,
            is_last=True,
        ),
    )
    made = {
        "name": "COALESCE(new.name, old.name, {plan_id.name})",
        "cost": "COALESCE(new.cost, old.cost, {plan_id.price} * COALESCE(new.billing_interval, 1))",
    }
    title = "COALESCE(new.login, new.name, '#' || new.id, new.location_id_said, '')"
    needs_keys = True

    @classmethod
    def finish(cls, application: Application) -> None:
        """Write the first price of new services, and the prices of today where the cost is another."""
        today = timezone.localdate(application.now)
        add_first_prices(application, today)
        change_prices(application, today)
