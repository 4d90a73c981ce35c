"""Who is served, where, with what and at which price."""

from .customer import Contact, Customer
from .equipment import Equipment
from .location import Location
from .plan import Plan
from .service import PriceChange, Service

__all__ = ["Contact", "Customer", "Equipment", "Location", "Plan", "PriceChange", "Service"]
