"""No service is charged twice for the same days, by what is stored or by what is loaded."""

from django.utils.translation import gettext as _

from billing.models import InvoiceLine
from customerflow.loads.comparing import refuse
from customerflow.loads.conditions import Words
from customerflow.loads.staging import Stage, Stages, is_good

LINES = "invoice lines"
# The lines of a file that charge a service for a cycle, or a part of one, on an invoice that is in force.
CHARGES = {"row_number": "bigint", "service_id": "bigint", "first_day": "date"}
ONCE = ", ".join(f"'{kind}'" for kind in InvoiceLine.CHARGED_ONCE)


def gather_charges(stage: Stage, stages: Stages) -> None:
    """Note which lines of a file charge which service from which day on."""
    charges = stage.more("charges", CHARGES)
    in_force = Words(stage, stages).fill("COALESCE({invoice_id.status}, '') <> 'void'")
    stage.run(
        f"""
        INSERT INTO {charges} (row_number, service_id, first_day)
        SELECT new.row_number, new.service_id, new.first_day FROM {stage.rows} AS new
        WHERE new.service_id IS NOT NULL AND new.first_day IS NOT NULL AND new.kind IN ({ONCE}) AND {in_force}
        """
    )
    stage.index(charges, "row_number")
    stage.index(charges, "service_id", "first_day")


def refuse_charged_twice(stage: Stage, stages: Stages) -> None:
    """Refuse new lines that charge what a stored one charges, or another one of the load."""
    if "service_id_said" not in stage.filled:
        return
    _refuse(stage, f"{stage.table} AS d", f"d.live AND d.kind IN ({ONCE})")
    for other in stages.of(LINES):
        is_another = "d.row_number <> c.row_number" if other is stage else "1 = 1"
        _refuse(stage, f"{other.more_of('charges')} AS d", f"{is_another} AND {is_good(other, 'd')}")


def _refuse(stage: Stage, others: str, condition: str) -> None:
    twice = f"""
        SELECT 1 FROM {stage.more_of("charges")} AS c
        JOIN {others} ON d.service_id = c.service_id AND d.first_day = c.first_day
        WHERE c.row_number = new.row_number AND {condition}
    """
    reason = _("The service is charged for the same days already.")
    refuse(stage, "Service", "new.service_id_said", reason, f"m.target IS NULL AND EXISTS ({twice})")
