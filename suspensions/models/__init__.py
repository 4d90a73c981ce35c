"""Services that are off because their invoices are not paid, and by which rules."""

from .hold import Hold
from .parked import ParkedCustomer
from .policy import Policy, QuietDay
from .suspension import Cause, SuspendedService, Suspension

__all__ = ["Cause", "Hold", "ParkedCustomer", "Policy", "QuietDay", "SuspendedService", "Suspension"]
