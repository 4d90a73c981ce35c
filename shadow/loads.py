"""How the balances are loaded with which customers leave another system."""

from django.utils.translation import gettext_lazy as _

from customerflow.loads.cleaning import amount, system_name
from customerflow.loads.declaration import NEEDED, Column, Declaration, Reference, register
from customerflow.loads.rules import Rule
from customers.referents import CUSTOMER
from shadow.models import OpeningBalance

ORIGIN_NEEDED = _("Say which system says so: in the browser, or with --origin.")


@register
class OpeningBalanceLoad(Declaration):
    """What another system says that customers owe, to be compared with what their loaded documents come to."""

    model = OpeningBalance
    kind = "opening balances"
    keys = (("customer_id", "origin"),)
    columns = (
        Reference("Customer", "customer_id", NEEDED, referent=CUSTOMER, path="customer__number"),
        Column("Origin", "origin", system_name, is_required=False),
        Column("Balance", "balance", amount(least=None, required=True), aliases=("Opening Balance", "Amount Due")),
    )
    rules = (Rule("Origin", "old.id IS NULL AND new.origin = ''", ORIGIN_NEEDED),)
    title = "COALESCE(new.customer_id_said, '')"
