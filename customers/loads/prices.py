"""How the prices of services are loaded and exported: past ones of new services, and those from today on."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.loads.applying import Application
from customerflow.loads.cleaning import Day, amount, text
from customerflow.loads.conditions import Words
from customerflow.loads.declaration import Column, Declaration, Reference, register
from customerflow.loads.refusing import refuse
from customerflow.loads.rules import Rule, needed
from customerflow.loads.staging import Stage, Stages, is_good
from customers.models import PriceChange, Service
from customers.referents import CUSTOMER, SERVICE, Numbered

PRICES = PriceChange._meta.db_table
SERVICES = Service._meta.db_table
WRITES = "(old.id IS NULL OR m.is_changed = 1)"


@dataclass(frozen=True)
class FirstOrDay(Day):
    """The cleaner of the day from which on a price is in force; blank for the first price of a service."""

    def __call__(self, cell: str) -> str:
        return super().__call__(cell) or ""


@register
class PriceLoad(Declaration):
    """
    Prices, found by service and day; a row without a day is the first price.

    The whole history of a service that is new in the same load; of others only prices from today on. A price that is
    replaced is kept as cancelled.
    """

    model = PriceChange
    kind = "prices"
    keys = (("service_id", "day"),)
    columns = (
        Reference(
            "Customer", "customer_id", referent=CUSTOMER, path="service__location__customer__number", is_required=False
        ),
        Reference("Service", "service_id", referent=SERVICE, within="customer_id", path=Numbered("service_id")),
        Column("Effective On", "day", FirstOrDay(), aliases=("From",), db_type="text", path="effective_on"),
        Column("Cost", "cost", amount(required=True), aliases=("Price",)),
        Column("Reason", "reason", text(200), is_required=False, is_new_only=True),
    )
    rules = (
        needed("Service", "service_id"),
        Rule(
            "Effective On",
            f"{WRITES} AND new.service_id > 0 AND new.day < {{today}}",
            _("The past of a service that is there is not rewritten: its price can change today or later."),
        ),
        Rule(
            "Effective On",
            f"{WRITES} AND new.day > CAST({{service_id.ends_on}} AS text)",
            _("The service ends before that day."),
        ),
    )
    made = {
        "effective_on": "NULLIF(new.day, '')",
        "applied_at": "CASE WHEN new.day <= {today} THEN {now} END",
        "created_by_id": "{by}",
    }
    ended_by = "cancelled_at"
    title = "COALESCE(new.service_id_said, '') || ' ' || new.day"

    @classmethod
    def prepare(cls, stage: Stage, stages: Stages) -> None:
        """Compare rows with the prices that are neither cancelled nor replaced, each with its day as a text."""
        stage.target = f"""
            (SELECT price.*, COALESCE(CAST(price.effective_on AS text), '') AS day
             FROM {stage.table} AS price WHERE price.cancelled_at IS NULL)
        """

    @classmethod
    def records(cls):
        """Return the prices that are neither cancelled nor replaced."""
        return PriceChange.objects.live().order_by("pk")

    @classmethod
    def check_together(cls, stage: Stage, stages: Stages) -> None:
        """Refuse a history that leaves out the beginning, and one that ends with another price than the service has."""
        words = Words(stage, stages)
        refuse(
            stage,
            "Effective On",
            "new.day",
            _("Nothing says what the service cost from its first day on. Give that price in a row without a day."),
            words.fill(
                f"new.service_id < 0 AND new.day <= {{today}} AND new.day > CAST({{service_id.starts_on}} AS text) "
                f"AND new.row_number IN {_nth(stage, 'day')}"
            ),
        )
        reason = _("The service has another cost in the same load, and this would be its price of today.")
        begun = words.fill("s.day <= {today}")
        latest = f"new.row_number IN {_nth(stage, 'day DESC', begun)}"
        differs = words.fill(f"new.service_id < 0 AND new.cost <> {{service_id.cost}} AND {latest}")
        refuse(stage, "Cost", "''", reason, differs)
        for services in stages.of("services"):
            of_today = f"""
                SELECT s.row_number FROM {stage.rows} AS s
                JOIN {services.matches} AS m ON m.target = s.service_id
                JOIN {services.rows} AS service ON service.row_number = m.row_number
                WHERE s.day = {{today}} AND s.cost <> service.cost AND {is_good(services, "service")}
            """
            refuse(stage, "Cost", "''", reason, words.fill(f"new.row_number IN ({of_today})"))

    @classmethod
    def finish(cls, application: Application) -> None:
        """Let services cost what the prices say that have begun."""
        stage, today = application.stage, timezone.localdate(application.now)
        written = f"""
            SELECT s.service_id FROM {stage.rows} AS s LEFT JOIN {stage.matches} AS m ON m.row_number = s.row_number
            WHERE {is_good(stage)} AND COALESCE(m.is_changed, 1) = 1 AND s.day <= %s
        """
        stage.run(
            f"""
            UPDATE {SERVICES} SET cost = applied.cost, version = {SERVICES}.version + 1, updated_at = %s
            FROM (
                SELECT service_id, cost,
                       ROW_NUMBER() OVER (PARTITION BY service_id ORDER BY effective_on DESC NULLS LAST) AS nth
                FROM {PRICES} WHERE cancelled_at IS NULL AND applied_at IS NOT NULL AND service_id IN ({written})
            ) AS applied
            WHERE applied.nth = 1 AND {SERVICES}.id = applied.service_id AND {SERVICES}.cost <> applied.cost
            """,
            [application.moment, today.isoformat()],
        )


def _nth(stage: Stage, order: str, condition: str = "1 = 1") -> str:
    """Return the SQL of the rows, refused or not, that are the first of their service in the order given."""
    return f"""(
        SELECT row_number FROM (
            SELECT s.row_number, ROW_NUMBER() OVER (PARTITION BY s.service_id ORDER BY {order}) AS nth
            FROM {stage.rows} AS s WHERE {condition}
        ) AS ordered WHERE nth = 1
    )"""


def add_first_prices(application: Application, today: date) -> None:
    """
    Write the first price of each new service that has none.

    It is the earliest that has begun by `today`, where prices are loaded with the service; else what it costs.
    """
    now, by = application.moment, application.by and application.by.pk
    application.stage.run(
        f"""
        INSERT INTO {PRICES} (service_id, cost, effective_on, reason, created_at, created_by_id, applied_at)
        SELECT service.id, COALESCE(earliest.cost, service.cost), NULL, '', %s, %s, %s
        FROM {application.written} AS w
        JOIN {SERVICES} AS service ON service.id = w.record_id
        LEFT JOIN {PRICES} AS earliest ON earliest.id = (
            SELECT begun.id FROM {PRICES} AS begun
            WHERE begun.service_id = service.id AND begun.effective_on <= %s ORDER BY begun.effective_on LIMIT 1
        )
        WHERE w.is_new = 1 AND NOT EXISTS (
            SELECT 1 FROM {PRICES} AS first WHERE first.service_id = service.id AND first.effective_on IS NULL
        )
        """,
        [now, by, now, today.isoformat()],
    )


def change_prices(application: Application, today: date) -> None:
    """Give each service that costs something else now a price from `today` on; one of that day is cancelled."""
    stage, now, by = application.stage, application.moment, application.by and application.by.pk
    stage.run(f"DELETE FROM {stage.found}")
    stage.run(
        f"""
        INSERT INTO {stage.found} (target)
        SELECT w.record_id FROM {application.written} AS w
        WHERE w.is_new = 0 AND w.is_written = 1 AND w.cost <> (
            SELECT applied.cost FROM {PRICES} AS applied
            WHERE applied.service_id = w.record_id AND applied.cancelled_at IS NULL AND applied.applied_at IS NOT NULL
            ORDER BY applied.effective_on DESC NULLS LAST LIMIT 1
        )
        """
    )
    changed = f"SELECT target FROM {stage.found}"
    stage.run(
        f"""
        UPDATE {PRICES} SET cancelled_at = %s
        WHERE cancelled_at IS NULL AND effective_on = %s AND service_id IN ({changed})
        """,
        [now, today.isoformat()],
    )
    stage.run(
        f"""
        INSERT INTO {PRICES} (service_id, cost, effective_on, reason, created_at, created_by_id, applied_at)
        SELECT id, cost, CAST(%s AS {"text" if stage.is_sqlite else "date"}), '', %s, %s, %s
        FROM {SERVICES} WHERE id IN ({changed})
        """,
        [today.isoformat(), now, by, now],
    )
