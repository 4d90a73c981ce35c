"""Whether services, equipment and runs agree with what was charged for them."""

from django.utils.translation import gettext_lazy as _

from billing.books.check import Check

INVOICE, SERVICE, EQUIPMENT = "billing.invoice", "customers.service", "customers.equipment"
CUSTOMER, LOCATION, RUN = "customers.customer", "customers.location", "billing.billingrun"
MOST_LINES = 15
TWICE = _("Give the days back with a credit note, and find out how they were charged again.")
TWICE_TOLD = _("Days from %(first)s on, charged up to %(second)s before.")
# Lines that charge days, of invoices that count.
CHARGING = "live AND kind IN ('recurring', 'part') AND first_day IS NOT NULL AND last_day IS NOT NULL"


def _twice(key: str, charging: str, lines: str = "billing_invoiceline") -> str:
    """Return the query for `lines` whose first day was charged by an earlier one of the same service or unit."""
    return f"""
        SELECT invoice_id, first_day, day_before FROM (
            SELECT invoice_id, first_day, MAX(last_day) OVER (
                PARTITION BY {key} ORDER BY first_day, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS day_before
            FROM {lines} WHERE {charging}
        ) AS line WHERE day_before >= first_day"""


def _of_another(rows: str, ours: str) -> str:
    """Return the query for rows of a customer that are about a service of somebody else."""
    return f"""
        SELECT rows.customer_id, rows.id, location.customer_id FROM {rows} AS rows
        JOIN customers_service AS service ON service.id = rows.service_id
        JOIN customers_location AS location ON location.id = service.location_id
        WHERE location.customer_id <> rows.customer_id AND {ours}"""


CHECKS = (
    Check(
        "service-cost",
        _("A service costs what its latest price says."),
        _("Change the cost of the service to what is right: that writes both."),
        SERVICE,
        _("It costs %(first)s, and its latest price is %(second)s."),
        True,
        """
        SELECT service.id, service.cost, price.cost FROM customers_service AS service LEFT JOIN (
            SELECT service_id, cost, ROW_NUMBER() OVER (
                PARTITION BY service_id ORDER BY effective_on DESC NULLS LAST, id DESC
            ) AS place
            FROM customers_pricechange WHERE cancelled_at IS NULL AND applied_at IS NOT NULL
        ) AS price ON price.service_id = service.id AND price.place = 1
        WHERE price.cost IS NULL OR price.cost <> service.cost""",
    ),
    Check(
        "price-waiting",
        _("A price comes into force on its day."),
        _("Run manage.py daily, and see to it that it runs every day."),
        SERVICE,
        _("The price from %(first)s on is not in force yet."),
        # That of the day itself comes with the run of the day.
        sql="""
        SELECT service_id, effective_on, NULL FROM customers_pricechange
        WHERE applied_at IS NULL AND cancelled_at IS NULL AND effective_on < %(on)s""",
    ),
    Check(
        "move-waiting",
        _("A planned house move happens on its day."),
        _("Move house on the page of the location, which says what stands in the way, or cancel the move."),
        LOCATION,
        _("The move of %(first)s to the location #%(second)s has not happened."),
        # That of the day itself comes with the run of the day.
        sql="""
        SELECT origin_id, first_day, target_id FROM customers_housemove
        WHERE done_at IS NULL AND first_day < %(on)s""",
    ),
    Check(
        "days-twice",
        _("No day of a service is charged twice."),
        TWICE,
        INVOICE,
        TWICE_TOLD,
        sql=_twice("service_id", f"service_id IS NOT NULL AND {CHARGING}"),
    ),
    Check(
        "rent-twice",
        _("No day of rented equipment is charged twice."),
        TWICE,
        INVOICE,
        TWICE_TOLD,
        # Of one customer: a takeover that was told late gave the days back to the one before.
        sql=_twice(
            "equipment_id, customer_id",
            "live AND kind = 'equipment' AND first_day IS NOT NULL AND last_day IS NOT NULL",
            """(SELECT line.*, invoice.customer_id FROM billing_invoiceline AS line
                JOIN billing_invoice AS invoice ON invoice.id = line.invoice_id
                WHERE line.equipment_id IS NOT NULL) AS lines""",
        ),
    ),
    Check(
        "days-outside",
        _("A day outside of the life of a service is not charged, or was given back."),
        _("Run the billing: it gives back what was charged too much. If it does not, issue a credit note."),
        INVOICE,
        _("Charged from %(first)s to %(second)s."),
        # What was billed ahead is given back by the first run after the service's end was entered, with a line or a
        # note of the same cycle; whoever is parked waits for it.
        sql="""
        SELECT line.invoice_id, line.first_day, line.last_day FROM billing_invoiceline AS line
        JOIN billing_invoice AS invoice ON invoice.id = line.invoice_id AND invoice.status = 'issued'
        JOIN customers_service AS service ON service.id = line.service_id
        WHERE line.live AND line.kind IN ('recurring', 'part') AND line.amount <> 0 AND invoice.origin = ''
        AND (line.first_day < service.starts_on OR line.last_day > service.ends_on)
        AND service.updated_at < (SELECT MAX(started_at) FROM billing_billingrun WHERE state = 'done')
        AND NOT EXISTS (SELECT 1 FROM billing_invoiceline AS back WHERE back.service_id = line.service_id
            AND back.live AND back.kind = 'adjustment' AND back.cycle_first = line.cycle_first)
        AND NOT EXISTS (SELECT 1 FROM billing_creditnoteline AS back WHERE back.service_id = line.service_id
            AND back.live AND back.cycle_first = line.cycle_first)
        AND NOT EXISTS (SELECT 1 FROM billing_billingrunitem AS item JOIN billing_billingrun AS run
            ON run.id = item.run_id AND run.attempt = item.attempt
            WHERE item.customer_id = invoice.customer_id AND item.outcome = 'parked')""",
    ),
    Check(
        "many-lines",
        _("A cycle of a service is not charged with very many lines."),
        _("Look whether something enters or bills the same again and again."),
        SERVICE,
        _("%(second)s lines for the cycle from %(first)s on."),
        sql=f"""
        SELECT service_id, cycle_first, COUNT(*) FROM billing_invoiceline
        WHERE live AND service_id IS NOT NULL AND cycle_first IS NOT NULL
        GROUP BY service_id, cycle_first HAVING COUNT(*) > {MOST_LINES}""",
    ),
    Check(
        "equipment-stay",
        _("Equipment is installed exactly while it stays at a location, and there."),
        _("Move the unit to where it is."),
        EQUIPMENT,
        _("Its state is “%(first)s”; it stays at the location #%(second)s."),
        sql="""
        SELECT unit.id, unit.status, stay.location_id FROM customers_equipment AS unit
        LEFT JOIN customers_installation AS stay ON stay.unit_id = unit.id AND stay.last_day IS NULL
        WHERE (unit.status = 'installed') <> (stay.id IS NOT NULL) OR stay.location_id <> unit.location_id""",
    ),
    Check(
        "stays-overlap",
        _("Equipment is at one location at a time."),
        _("Correct the days on the page of the unit."),
        EQUIPMENT,
        _("A stay begins on %(first)s, and one before it lasts until %(second)s."),
        sql="""
        SELECT unit_id, first_day, day_before FROM (
            SELECT unit_id, first_day, MAX(COALESCE(last_day, %(end)s)) OVER (
                PARTITION BY unit_id ORDER BY first_day, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS day_before FROM customers_installation
        ) AS stay WHERE day_before >= first_day""",
    ),
    Check(
        "charge-customer",
        _("A charge is on a service of its customer."),
        _("Cancel the charge, and enter it for the right customer."),
        CUSTOMER,
        _("The charge #%(first)s is on a service of the customer #%(second)s."),
        sql=_of_another("billing_charge", "rows.cancelled_at IS NULL"),
    ),
    Check(
        "discount-customer",
        _("A discount is on a service of its customer."),
        _("End the discount, and enter it for the right customer."),
        CUSTOMER,
        _("The discount #%(first)s is on a service of the customer #%(second)s."),
        sql=_of_another("billing_discount", "(rows.last_day IS NULL OR rows.last_day >= %(on)s)"),
    ),
    Check(
        "run-item",
        _("What a billing run says that it made is there, is of that customer, and has that total."),
        _("Compare the run with the invoices of the customer: one of the two was changed past the program."),
        RUN,
        _("Of the customer #%(first)s: %(second)s."),
        sql="""
        SELECT item.run_id, item.customer_id, item.outcome FROM billing_billingrunitem AS item
        LEFT JOIN billing_invoice AS invoice ON invoice.id = item.invoice_id
        LEFT JOIN billing_creditnote AS note ON note.id = item.credit_note_id
        WHERE (item.outcome = 'invoiced') <> (invoice.id IS NOT NULL AND note.id IS NULL)
        OR (item.outcome = 'credited') <> (note.id IS NOT NULL)
        OR invoice.customer_id <> item.customer_id OR note.customer_id <> item.customer_id
        OR (item.outcome = 'invoiced' AND invoice.total <> item.total)""",
    ),
    Check(
        "run-unfinished",
        _("A billing run that is done has nothing left to do."),
        _("Issue the run of this day once more: it goes on with what is missing."),
        RUN,
        _("%(first)s customers are left."),
        sql="""
        SELECT run.id, COUNT(*), NULL FROM billing_billingrun AS run
        JOIN billing_billingrunitem AS item ON item.run_id = run.id AND item.attempt = run.attempt
        WHERE run.state = 'done' AND item.outcome = 'planned' GROUP BY run.id""",
    ),
)
