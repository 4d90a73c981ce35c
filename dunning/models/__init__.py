"""What follows an invoice that is not paid."""

from .collecting import Assignment, ContactAttempt, NextAction, Way
from .execution import Execution
from .notice import CallTask, Notice
from .promise import Promise, PromisedInvoice
from .rule import Rule
from .template import Template

__all__ = [
    "Assignment",
    "CallTask",
    "ContactAttempt",
    "Execution",
    "NextAction",
    "Notice",
    "Promise",
    "PromisedInvoice",
    "Rule",
    "Template",
    "Way",
]
