"""Who is served, where, with what and at which price."""

from .customer import Contact, Customer
from .duplicates import DistinctPair, DuplicatePair, Likeness
from .equipment import Equipment
from .former_number import FormerNumber
from .installation import Installation
from .location import Location
from .pause import Pause
from .plan import Plan
from .service import PriceChange, Service
from .tax import TaxCode, TaxRate

__all__ = [
    "Contact",
    "Customer",
    "DistinctPair",
    "DuplicatePair",
    "Equipment",
    "FormerNumber",
    "Installation",
    "Likeness",
    "Location",
    "Pause",
    "Plan",
    "PriceChange",
    "Service",
    "TaxCode",
    "TaxRate",
]
