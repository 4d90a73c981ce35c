"""Who is served, where, with what and at which price."""

from .area import Area
from .customer import Contact, Customer
from .duplicates import DistinctPair, DuplicatePair, Likeness
from .equipment import Equipment
from .former_number import FormerNumber
from .house_move import HouseMove
from .installation import Installation
from .location import Location
from .pause import Pause
from .plan import Plan
from .plan_price_change import PlanPriceChange
from .service import PriceChange, Service
from .tax import TaxCode, TaxRate

__all__ = [
    "Area",
    "Contact",
    "Customer",
    "DistinctPair",
    "DuplicatePair",
    "Equipment",
    "FormerNumber",
    "HouseMove",
    "Installation",
    "Likeness",
    "Location",
    "Pause",
    "Plan",
    "PlanPriceChange",
    "PriceChange",
    "Service",
    "TaxCode",
    "TaxRate",
]
