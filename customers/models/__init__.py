"""Who is served, where, with what and at which price."""

from .customer import Contact, Customer
from .duplicates import DistinctPair, DuplicatePair, Likeness
from .equipment import Equipment
from .former_number import FormerNumber
from .location import Location
from .plan import Plan
from .service import PriceChange, Service

__all__ = [
    "Contact",
    "Customer",
    "DistinctPair",
    "DuplicatePair",
    "Equipment",
    "FormerNumber",
    "Likeness",
    "Location",
    "Plan",
    "PriceChange",
    "Service",
]
