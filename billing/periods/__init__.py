"""Closing the books up to a day, and reopening them."""
