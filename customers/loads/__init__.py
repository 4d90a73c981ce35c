"""What can be loaded and exported of customers, and of what belongs to them."""

from customers.loads.customers import ContactLoad, CustomerLoad
from customers.loads.places import EquipmentLoad, LocationLoad
from customers.loads.prices import PriceLoad
from customers.loads.services import PlanLoad, ServiceLoad

__all__ = ["ContactLoad", "CustomerLoad", "EquipmentLoad", "LocationLoad", "PlanLoad", "PriceLoad", "ServiceLoad"]
