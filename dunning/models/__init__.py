"""What follows an invoice that is not paid."""

from .collecting import Assignment, ContactAttempt, NextAction, Way
from .promise import Promise, PromisedInvoice

__all__ = ["Assignment", "ContactAttempt", "NextAction", "Promise", "PromisedInvoice", "Way"]
