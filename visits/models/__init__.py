"""Visits of technicians, what is to be done on them, and the links by which calendars read them."""

from visits.models.calendar_link import CalendarLink
from visits.models.checklist import Checklist
from visits.models.item import VisitItem
from visits.models.visit import Visit, VisitQuerySet

__all__ = ["CalendarLink", "Checklist", "Visit", "VisitItem", "VisitQuerySet"]
