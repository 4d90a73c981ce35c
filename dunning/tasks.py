"""The background work of this app."""

# Its work is known once it is imported.
from dunning.reminders import letters  # noqa: F401
